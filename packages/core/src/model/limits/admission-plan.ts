/** A session that waits for its concurrency key. */
export interface Waiter {
  id: string;
  concurrency_limit?: number;
}

/** Whom a key lets go on: `held` have their slot already, `taken` are to be given one. */
export interface AdmissionPlan {
  held: string[];
  taken: string[];
}

/**
 * Gives the free slots of a key to those who wait, first come first served: the first who must wait, by its
 * own limit, makes all behind it wait. One that waits and holds a slot was overtaken by a crash.
 */
export function planAdmission(
  holders: readonly string[],
  waiters: readonly Waiter[],
): AdmissionPlan {
  const held = waiters.filter(({ id }) => holders.includes(id)).map(({ id }) => id);
  const taken: string[] = [];
  for (const { id, concurrency_limit = 1 } of waiters) {
    if (holders.includes(id)) continue;
    if (holders.length + taken.length >= concurrency_limit) break;
    taken.push(id);
  }
  return { held, taken };
}
