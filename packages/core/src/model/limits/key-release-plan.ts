/** A session that waits for its concurrency key. */
export interface Waiter {
  id: string;
  concurrency_limit?: number;
}

/** The waiters that may run: `holding` already have a slot of the key, `granted` get a slot now. */
export interface KeyReleasePlan {
  holding: string[];
  granted: string[];
}

/**
 * Gives the free slots of a key to the waiters in their order. The first waiter that does not fit under its own limit
 * makes all later waiters wait. A waiter already holds a slot if a process crashed after it had granted the slot and
 * before it enqueued the session.
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
