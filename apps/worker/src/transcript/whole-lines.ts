import { readSync } from 'node:fs';
import { readExactly } from './read-exactly.ts';

const NEWLINE = 0x0a;

const STEP_BYTES = 64 * 1024;

/** Returns the offset after the last newline of a file between two offsets, or null if there is none. */
export function wholeLinesEnd(file: number, from: number, size: number): number | null {
  const buffer = Buffer.allocUnsafe(Math.min(STEP_BYTES, Math.max(size - from, 0)));
  for (let end = size; end > from; ) {
    const start = Math.max(from, end - STEP_BYTES);
    const bytesRead = readSync(file, buffer, 0, end - start, start);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return null;
}

/**
 * Returns the whole lines of a file between two offsets, with one read. Returns null if that is too much
 * for one read, or if the file has become shorter.
 */
export function readWholeLines(file: number, from: number, size: number): Buffer | null {
  if (size - from > STEP_BYTES) return null;
  const data = readExactly(file, from, size - from);
  return data?.subarray(0, data.lastIndexOf(NEWLINE) + 1) ?? null;
}
