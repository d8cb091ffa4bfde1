import { setTimeout as pause } from 'node:timers/promises';

/**
 * Calls `look` until it returns a value that is neither undefined nor false, and returns that value.
 * Rejects at once if `look` rejects. After the limit it rejects with an error that names `what`. A function
 * `what` is called only then, so it can report what `look` saw last.
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
      throw new Error(`waited ${limitMs} ms without success for ${named}`);
    }
    await pause(10);
  }
}
