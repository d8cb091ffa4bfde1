import { STDERR_TAIL_BYTES } from './process.ts';

// Fewer letters of a secret than this are no loss, and begin many a word.
const TOLD_CHARS = 4;

/**
 * A tail of output without the rest of a secret that it begins with: a tail may have been cut in the middle of
 * a secret, which is then not found. A text that is too short to have been cut is returned as it is.
 */
export function dropCutSecret(
  text: string,
  secrets: readonly string[],
  tailBytes = STDERR_TAIL_BYTES,
): string {
  if (Buffer.byteLength(text) < tailBytes) return text;
  const rests = secrets.map((secret) => restAt(text, secret));
  return text.slice(Math.max(0, ...rests));
}

/** How many characters at the beginning of a text are the end of a secret. */
function restAt(text: string, secret: string): number {
  for (let length = secret.length - 1; length >= TOLD_CHARS; length -= 1) {
    if (text.startsWith(secret.slice(-length))) return length;
  }
  return 0;
}
