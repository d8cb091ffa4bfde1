import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { CHUNK_MAX_BYTES } from '@baton/core/internal';
import type { Masker } from '../masking/masker.ts';
import { isAppendOnly } from './list-files.ts';
import { segments } from './segments.ts';
import type { TrackedFile } from './tracked-file.ts';
import { wholeLinesEnd } from './whole-lines.ts';

/** What masks a file of a transcript. */
export type FileMasker = Pick<Masker, 'lines' | 'file'>;

/**
 * The bytes of one of Claude's open files as they are to be stored, from a place to another, in pieces of
 * at most a chunk. They are masked line by line, and files that are no JSONL as a whole.
 */
export function* maskedPieces(
  open: number,
  file: TrackedFile,
  masker: FileMasker,
  { from, to }: { from: number; to: number },
): Generator<Buffer> {
  const whole = !isAppendOnly(file.path);
  // A copy that failed may have ended within a line, which is masked from its beginning all the same.
  const start = whole ? file.asStored : (wholeLinesEnd(open, file.asStored, from) ?? file.asStored);
  for (const { at, data } of segments(open, { from: start, to, whole })) {
    const masked = whole ? masker.file(data) : masker.lines(data);
    for (let next = Math.max(from - at, 0); next < masked.length; next += CHUNK_MAX_BYTES) {
      yield masked.subarray(next, next + CHUNK_MAX_BYTES);
    }
  }
}

/** Says whether what is stored of a file is the beginning of what it holds by now, masked. */
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

// What was restored is on the disk as it is stored; behind it stands what the CLI wrote.
function* storedPieces(
  open: number,
  file: TrackedFile,
  masker: FileMasker,
  size: number,
): Generator<Buffer> {
  for (const { data } of segments(open, { from: 0, to: file.asStored })) yield data;
  yield* maskedPieces(open, file, masker, { from: file.asStored, to: size });
}
