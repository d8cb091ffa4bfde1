/** The bytes that a request asks for. `end` is not part of them. */
export type ByteRange =
  | { kind: 'whole' }
  | { kind: 'part'; start: number; end: number }
  | { kind: 'beyond' };

const RANGE = /^bytes=(\d*)-(\d*)$/;

/**
 * Reads the header `range`. Everything but one range of bytes counts as no range, as RFC 9110 allows; `beyond` means that
 * the content has none of the bytes.
 *
 * @param size The size of the content in bytes.
 */
export function parseRange(header: string | undefined, size: number): ByteRange {
  const [, first, last] = RANGE.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) {
    return { kind: 'whole' };
  }
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? { kind: 'beyond' } : { kind: 'part', start: size - length, end: size };
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < start) return { kind: 'whole' };
  return start >= size ? { kind: 'beyond' } : { kind: 'part', start, end };
}

/** Yields the bytes from `start` to before `end`. It reads what comes before them, and nothing after them. */
export async function* cutPieces(
  pieces: Iterable<Buffer> | AsyncIterable<Buffer>,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const piece of pieces) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, piece.length);
    if (from < to) yield piece.subarray(from, to);
    at += piece.length;
    if (at >= end) return;
  }
}
