import type { FileHandle } from 'node:fs/promises';

const NEWLINE = 0x0a;

const STEP_BYTES = 64 * 1024;

/** The end of the last whole line within the first `size` bytes; 0 where there is none. */
export async function wholeLinesEnd(handle: FileHandle, size: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(STEP_BYTES);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - STEP_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, end - start, start);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}
