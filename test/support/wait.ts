import { setTimeout as pause } from 'node:timers/promises';
import { vi } from 'vitest';

// The pause between two looks. It grows with the wait, because each look costs CPU time that the servers need.
const MIN_PAUSE_MS = 10;
const MAX_PAUSE_MS = 50;

// Shorter than a test's timeout, because an error from `waitFor` explains more than a timeout
// error.
const LIMIT_MS = 50_000;

/**
 * Calls `look` until it returns a value that is neither undefined nor false, and returns that value.
 * Rejects at once if `look` rejects. After the limit it rejects with an error that names `what`. A function
 * `what` is called only then, so it can report what `look` saw last.
 */
export async function waitFor<T>(
  what: string | (() => string),
  look: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = LIMIT_MS,
): Promise<T> {
  const start = Date.now();
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    const waitedMs = Date.now() - start;
    if (waitedMs > limitMs) {
      const named = typeof what === 'string' ? what : what();
      throw new Error(`waited ${limitMs} ms without success for ${named}`);
    }
    await pause(Math.min(Math.max(waitedMs / 10, MIN_PAUSE_MS), MAX_PAUSE_MS));
  }
}

/**
 * Calls `check` until it no longer throws or rejects, and returns its value. After the limit it rejects with
 * the last error. The default limit of `vi.waitFor` is a second, which a busy machine exceeds.
 */
export function untilPasses<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: LIMIT_MS, interval: MAX_PAUSE_MS });
}
