import { readSync } from 'node:fs';

/** Returns `size` bytes of an open file from `position` on, or null if the file has become shorter. */
export function readExactly(open: number, position: number, size: number): Buffer | null {
  const buffer = Buffer.allocUnsafe(size);
  for (let filled = 0; filled < size; ) {
    const bytesRead = readSync(open, buffer, filled, size - filled, position + filled);
    if (bytesRead === 0) return null;
    filled += bytesRead;
  }
  return buffer;
}
