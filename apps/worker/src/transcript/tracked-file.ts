import { createHash, type Hash } from 'node:crypto';
import type { TranscriptFile } from '@baton/core/internal';

/** One of Claude's files as this attempt knows it: what is stored of it, and the hash so far. */
export interface TrackedFile {
  readonly path: string;
  readonly base: number;
  readonly generation: number;
  /** Bytes at its beginning that were restored: they are on the disk as they are stored, and not masked again. */
  readonly asStored: number;
  /** Bytes that are stored, the inherited ones included. */
  length: number;
  /** Over the first `length` bytes. */
  hash: Hash;
}

/** A file of which nothing is stored yet. */
export function untrackedFile(path: string, generation = 0): TrackedFile {
  return { path, base: 0, generation, asStored: 0, length: 0, hash: createHash('sha256') };
}

/** The file as the manifest names it. */
export function toManifestFile(file: TrackedFile): TranscriptFile {
  return {
    path: file.path,
    base: file.base,
    length: file.length,
    sha256: file.hash.copy().digest('hex'),
    generation: file.generation,
  };
}
