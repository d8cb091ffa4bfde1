import { setTimeout as pause } from 'node:timers/promises';

/** Resolves with the first value of `look` that is neither undefined nor false; rejects after the limit, naming `what`. */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 20_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await pause(10);
  }
}
