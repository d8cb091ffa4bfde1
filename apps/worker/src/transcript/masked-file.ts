import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { CHUNK_MAX_BYTES } from '@baton/core/internal';
import type { Masker } from '../masking/masker.ts';
import { isAppendOnly } from './list-files.ts';
import { segments } from './segments.ts';
import type { TrackedFile } from './tracked-file.ts';
import { wholeLinesEnd } from './whole-lines.ts';

/** The part of a masker that masks transcript files. */
export type FileMasker = Pick<Masker, 'lines' | 'file'>;

/**
 * Yields the bytes of an open transcript file between two offsets, masked for the store, in pieces of at
 * most one chunk. A JSONL file is masked line by line, any other file as a whole.
 */
export function* maskedPieces(
  open: number,
  file: TrackedFile,
  masker: FileMasker,
  { from, to }: { from: number; to: number },
): Generator<Buffer> {
  const whole = !isAppendOnly(file.path);
  // A failed copy may have stored only part of a line. The line is still masked from its beginning, so
  // that a secret across that point is found.
  const start = whole ? file.asStored : (wholeLinesEnd(open, file.asStored, from) ?? file.asStored);
  for (const { at, data } of segments(open, { from: start, to, whole })) {
    const masked = whole ? masker.file(data) : masker.lines(data);
    for (let next = Math.max(from - at, 0); next < masked.length; next += CHUNK_MAX_BYTES) {
      yield masked.subarray(next, next + CHUNK_MAX_BYTES);
    }
  }
}

/** Returns whether a file's current content, once masked, begins with the stored bytes. */
export async function isPrefix(
  open: number,
  file: TrackedFile,
  masker: FileMasker,
  size: number,
): Promise<boolean> {
  if (file.length === 0) return true;
  const hash = createHash('sha256');
  let hashed = 0;
  for (const piece of storedPieces(open, file, masker, size)) {
    const data = piece.subarray(0, file.length - hashed);
    hash.update(data);
    hashed += data.length;
    if (hashed === file.length) break;
    await breathe();
  }
  return hashed === file.length && hash.digest('hex') === file.hash.copy().digest('hex');
}

// The restored bytes on the disk are equal to the stored bytes. The CLI wrote the bytes after them,
// so only the later bytes are masked.
function* storedPieces(
  open: number,
  file: TrackedFile,
  masker: FileMasker,
  size: number,
): Generator<Buffer> {
  for (const { data } of segments(open, { from: 0, to: file.asStored })) yield data;
  yield* maskedPieces(open, file, masker, { from: file.asStored, to: size });
}
