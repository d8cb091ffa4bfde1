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
 */
export function* segments(
  file: number,
  { from, to, whole = false }: { from: number; to: number; whole?: boolean },
): Generator<Segment> {
  for (let at = from; at < to; ) {
    const data = readSegment(file, at, { to, whole });
    if (!data) return;
    yield { at, data };
    at += data.length;
  }
}

function readSegment(
  file: number,
  at: number,
  { to, whole }: { to: number; whole: boolean },
): Buffer | null {
  const most = Math.min(SEGMENT_MAX_BYTES, to - at);
  for (let size = Math.min(whole ? most : SEGMENT_BYTES, most); ; size = Math.min(2 * size, most)) {
    const data = readExactly(file, at, size);
    if (!data || size === to - at) return data;
    const end = data.lastIndexOf(NEWLINE) + 1;
    if (end > 0 || size === most) return end > 0 ? data.subarray(0, end) : data;
  }
}
