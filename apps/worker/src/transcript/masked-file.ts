import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { CHUNK_MAX_BYTES } from '@baton/core/internal';
import type { Masker } from '../masking/masker.ts';
import { cut } from './base64-runs.ts';
import { isAppendOnly } from './list-files.ts';
import { segments } from './segments.ts';
import type { TrackedFile } from './tracked-file.ts';
import { wholeLinesEnd } from './whole-lines.ts';

/** The part of a masker that masks transcript files. */
export type FileMasker = Pick<Masker, 'lines' | 'file' | 'mayHold' | 'signBytes'>;

/**
 * Yields the bytes of an open transcript file between two offsets, masked for the store, in pieces of
 * whole lines of about a megabyte. A JSONL file is masked line by line, any other file as a whole.
 * A longer line, or a file that is masked as a whole, is one piece of at most 64 MiB.
 */
export async function* maskedSegments(
  open: number,
  file: TrackedFile,
  masker: FileMasker,
  { from, to }: { from: number; to: number },
): AsyncGenerator<Buffer> {
  const whole = !isAppendOnly(file.path);
  // A failed copy may have stored only part of a line. The line is still masked from its beginning, so
  // that a secret across that point is found.
  const start = whole ? file.asStored : (wholeLinesEnd(open, file.asStored, from) ?? file.asStored);
  for await (const { at, data } of segments(open, { from: start, to, whole })) {
    const masked = await mask(data, masker, whole);
    const fresh = masked.subarray(Math.max(from - at, 0));
    if (fresh.length > 0) yield fresh;
  }
}

// A line may have tens of megabytes. Almost no line holds a secret, so a long line is first examined
// in pieces, and the event loop gets a turn after each piece.
async function mask(data: Buffer, masker: FileMasker, whole: boolean): Promise<Buffer> {
  if (data.length > CHUNK_MAX_BYTES) {
    let at = 0;
    while (at < data.length && !masker.mayHold(signsFrom(data, at, masker))) {
      at += CHUNK_MAX_BYTES;
      await breathe();
    }
    if (at >= data.length) return data;
  }
  return whole ? masker.file(data) : masker.lines(data);
}

/** Returns the next piece, and enough bytes after it for a sign that begins in the piece. */
function signsFrom(data: Buffer, at: number, { signBytes }: FileMasker): Buffer {
  return data.subarray(at, at + CHUNK_MAX_BYTES + signBytes);
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
  for await (const piece of storedPieces(open, file, masker, size)) {
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
async function* storedPieces(
  open: number,
  file: TrackedFile,
  masker: FileMasker,
  size: number,
): AsyncGenerator<Buffer> {
  for await (const { data } of segments(open, { from: 0, to: file.asStored })) yield data;
  for await (const data of maskedSegments(open, file, masker, { from: file.asStored, to: size })) {
    yield* cut(data, CHUNK_MAX_BYTES);
  }
}
