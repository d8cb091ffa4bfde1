/** A session that waits for its concurrency key. */
export interface Waiter {
  id: string;
  concurrency_limit?: number;
}

/** The waiters that a key releases: `holding` have a slot already, `granted` are given one. */
export interface KeyReleasePlan {
  holding: string[];
  granted: string[];
}

/**
 * Gives the free slots of a key to the waiters, first come, first served: the first waiter that does not fit
 * under its own limit makes all later ones wait. A waiter that already holds a slot is left from a crash.
 */
export function planKeyRelease(
  holders: readonly string[],
  waiters: readonly Waiter[],
): KeyReleasePlan {
  const holding = waiters.filter(({ id }) => holders.includes(id)).map(({ id }) => id);
  const granted: string[] = [];
  for (const { id, concurrency_limit = 1 } of waiters) {
    if (holders.includes(id)) continue;
    if (holders.length + granted.length >= concurrency_limit) break;
    granted.push(id);
  }
  return { holding: holding, granted: granted };
}
