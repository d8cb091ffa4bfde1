import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { isFileError } from './list-files.ts';
import { readExactly } from './read-exactly.ts';
import type { TrackedFile } from './tracked-file.ts';

/** How much of a file is read at a time, in bytes. */
const PIECE_BYTES = 1024 * 1024;

/**
 * Returns whether a folder holds each of these files with its restored bytes. More bytes may follow
 * the restored bytes.
 */
export function holdsRestored(folder: string, files: Iterable<TrackedFile>): boolean {
  return [...files].every((file) => {
    try {
      return beginsAsRestored(join(folder, file.path), file);
    } catch (error) {
      if (isFileError(error)) return false;
      throw error;
    }
  });
}

// The restored bytes on the disk are equal to the stored bytes, so they are hashed without masking.
function beginsAsRestored(path: string, { length, hash }: TrackedFile): boolean {
  const open = openSync(path, 'r');
  try {
    if (fstatSync(open).size < length) return false;
    const found = createHash('sha256');
    for (let at = 0; at < length; at += PIECE_BYTES) {
      const piece = readExactly(open, at, Math.min(PIECE_BYTES, length - at));
      if (piece === null) return false;
      found.update(piece);
    }
    return found.digest('hex') === hash.copy().digest('hex');
  } finally {
    closeSync(open);
  }
}
