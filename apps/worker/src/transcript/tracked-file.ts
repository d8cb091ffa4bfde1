import { createHash, type Hash } from 'node:crypto';
import { defined, type TranscriptFile, type TranscriptManifest } from '@baton/core/internal';

/** A transcript file as this attempt tracks it: how much of it is stored, and the hash of that part. */
export interface TrackedFile {
  readonly path: string;
  readonly base: number;
  readonly generation: number;
  /**
   * How many bytes at the file's beginning were restored. They were masked before they were stored,
   * so they are not masked again.
   */
  readonly asStored: number;
  /** How many bytes are stored, including inherited bytes. */
  length: number;
  /** The SHA-256 of the first `length` bytes. */
  hash: Hash;
  /** Whether the stored bytes, including inherited bytes, refer to parts of the conversation. */
  hasParts: boolean;
}

/** Returns a file of which nothing is stored yet. */
export function untrackedFile(path: string, generation = 0): TrackedFile {
  return {
    path,
    base: 0,
    generation,
    asStored: 0,
    length: 0,
    hash: createHash('sha256'),
    hasParts: false,
  };
}

/** Returns the manifest of these files, sorted by path. A file of which nothing is stored is left out. */
export function toManifest(tracked: Iterable<TrackedFile>): TranscriptManifest {
  const files = [...tracked].filter((file) => file.length > 0).map(toManifestFile);
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

function toManifestFile(file: TrackedFile): TranscriptFile {
  return {
    path: file.path,
    base: file.base,
    length: file.length,
    sha256: file.hash.copy().digest('hex'),
    generation: file.generation,
    ...defined({ has_parts: file.hasParts || undefined }),
  };
}
