import { setImmediate as breathe } from 'node:timers/promises';
import { readExactly } from './read-exactly.ts';

const NEWLINE = 0x0a;

const SEGMENT_BYTES = 1024 * 1024;

// How many bytes of a file are held in memory at most. A longer line is cut.
const SEGMENT_MAX_BYTES = 64 * 1024 * 1024;

/** A piece of a file, and the offset at which it begins. */
export interface Segment {
  at: number;
  data: Buffer;
}

/**
 * Yields a file between two offsets, in pieces of whole lines of about a megabyte. A longer line is one
 * piece. With `whole`, everything is one piece, up to 64 MiB. Ends early if the file has become shorter.
 * The event loop gets a turn after each megabyte.
 */
export async function* segments(
  file: number,
  { from, to, whole = false }: { from: number; to: number; whole?: boolean },
): AsyncGenerator<Segment> {
  for (let at = from; at < to; ) {
    const data = await readSegment(file, at, { to, whole });
    if (!data) return;
    yield { at, data };
    at += data.length;
  }
}

async function readSegment(
  file: number,
  at: number,
  { to, whole }: { to: number; whole: boolean },
): Promise<Buffer | null> {
  const most = Math.min(SEGMENT_MAX_BYTES, to - at);
  const pieces: Buffer[] = [];
  let size = 0;
  // The number of bytes up to the end of the last whole line.
  let end = 0;
  while (size < most && (whole || end === 0)) {
    if (size > 0) await breathe();
    const piece = readExactly(file, at + size, Math.min(SEGMENT_BYTES, most - size));
    if (!piece) return null;
    pieces.push(piece);
    const newline = piece.lastIndexOf(NEWLINE);
    if (newline >= 0) end = size + newline + 1;
    size += piece.length;
  }
  const [only] = pieces;
  const data = only && pieces.length === 1 ? only : Buffer.concat(pieces);
  return size === to - at || end === 0 ? data : data.subarray(0, end);
}
