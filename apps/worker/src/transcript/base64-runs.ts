// Finds long runs of base64 in the bytes of a transcript. The CLI writes each picture and document
// several times, as base64 in a JSON string, so the store keeps such a run once for a conversation.
import { setImmediate as breathe } from 'node:timers/promises';
import { CHUNK_MAX_BYTES } from '@baton/core/internal';

/** The number of bytes from which a run of base64 is stored once for a conversation. */
const RUN_MIN_BYTES = 64 * 1024;

/** How many bytes of a run are examined before the event loop gets a turn. */
const STEP_BYTES = 1024 * 1024;

/** A piece of a transcript. */
export interface Piece {
  data: Buffer;
  /** Whether the piece is a whole long run of base64. Any other piece has at most one chunk. */
  isRun: boolean;
}

/** The sizes that a split uses. */
export interface SplitSizes {
  minBytes?: number;
  stepBytes?: number;
  /** The maximum number of bytes of a piece that is not a run. */
  pieceBytes?: number;
}

/**
 * Yields bytes in order, with each long run of base64 as a piece of its own. A run ends at the first
 * byte that is not of the base64 alphabet, and includes up to two `=` at its end. So the same base64
 * is the same run wherever the CLI writes it. The pieces are views of `data`.
 */
export async function* splitRuns(
  data: Buffer,
  {
    minBytes = RUN_MIN_BYTES,
    stepBytes = STEP_BYTES,
    pieceBytes = CHUNK_MAX_BYTES,
  }: SplitSizes = {},
): AsyncGenerator<Piece> {
  let from = 0;
  // A run of `minBytes` bytes covers one of every `minBytes` bytes, so no other byte is examined.
  for (let at = minBytes - 1; at < data.length; at += minBytes) {
    if (!isBase64(data, at)) continue;
    const start = runStart(data, at, from);
    const end = await runEnd(data, at, stepBytes);
    if (end - start >= minBytes) {
      for (const piece of cut(data.subarray(from, start), pieceBytes)) {
        yield { data: piece, isRun: false };
      }
      from = paddingEnd(data, end);
      yield { data: data.subarray(start, from), isRun: true };
      // The next run begins at `from` or later, and not at the byte before it.
      at = from - 1;
    } else {
      at = end;
    }
  }
  for (const piece of cut(data.subarray(from), pieceBytes)) yield { data: piece, isRun: false };
}

/** Yields bytes in order, in pieces of at most `size` bytes. */
export function* cut(data: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

const ALPHABET = new Uint8Array(256);
for (const byte of Buffer.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
)) {
  ALPHABET[byte] = 1;
}

const PADDING = 0x3d;

function isBase64(data: Buffer, at: number): boolean {
  return ALPHABET[data[at] ?? 0] === 1;
}

/** Returns where the run begins that has the byte `at`, at `floor` or later. */
function runStart(data: Buffer, at: number, floor: number): number {
  let start = at;
  while (start > floor && isBase64(data, start - 1)) start -= 1;
  return start;
}

/** Resolves to where the run ends that has the byte `at`. */
async function runEnd(data: Buffer, at: number, stepBytes: number): Promise<number> {
  for (let end = at; ; await breathe()) {
    const stop = Math.min(end + stepBytes, data.length);
    while (end < stop && isBase64(data, end)) end += 1;
    if (end < stop || end === data.length) return end;
  }
}

function paddingEnd(data: Buffer, end: number): number {
  let padded = end;
  while (padded < end + 2 && data[padded] === PADDING) padded += 1;
  return padded;
}
