import { setTimeout as pause } from 'node:timers/promises';

/**
 * Resolves with the first value of `look` that is neither undefined nor false; rejects at once where `look`
 * does, and after the limit, naming `what`. A function for `what` is called then: it can name what was seen last.
 */
export async function waitFor<T>(
  what: string | (() => string),
  look: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 20_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) {
      const named = typeof what === 'string' ? what : what();
      throw new Error(`waited ${limitMs} ms in vain for ${named}`);
    }
    await pause(10);
  }
}
