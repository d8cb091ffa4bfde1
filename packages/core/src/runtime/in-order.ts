import { setTimeout as delay } from 'node:timers/promises';

/** Runs a task after the earlier tasks with the same key. Settles as the task does. */
export type InOrder = <T>(key: string, task: () => Promise<T>) => Promise<T>;

/**
 * Creates a function that runs tasks with the same key one after another, in this process. A task
 * waits at most `maxWaitMs` milliseconds for the earlier tasks, and then runs beside them.
 */
export function createInOrder(maxWaitMs: number): InOrder {
  const last = new Map<string, Promise<unknown>>();
  return async (key, task) => {
    const before = last.get(key);
    const mine = Promise.withResolvers<void>();
    last.set(key, mine.promise);
    try {
      if (before) await waitFor(before, maxWaitMs);
      return await task();
    } finally {
      mine.resolve();
      if (last.get(key) === mine.promise) last.delete(key);
    }
  };
}

async function waitFor(before: Promise<unknown>, maxWaitMs: number): Promise<void> {
  const waited = new AbortController();
  const limit = delay(maxWaitMs, undefined, { signal: waited.signal }).catch(() => {});
  await Promise.race([before, limit]);
  waited.abort();
}
