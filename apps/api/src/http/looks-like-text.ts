import { isUtf8 } from 'node:buffer';

/** How many bytes of a file decide, as in git. */
export const TEXT_SAMPLE_BYTES = 8000;

/** Returns whether the beginning of a file is text: UTF-8 without a zero byte. */
export function looksLikeText(beginning: Buffer): boolean {
  const sample = beginning.subarray(0, TEXT_SAMPLE_BYTES);
  if (sample.includes(0)) return false;
  // The sample may end within a character, which has at most four bytes.
  return [0, 1, 2, 3].some((cut) => isUtf8(sample.subarray(0, Math.max(0, sample.length - cut))));
}
