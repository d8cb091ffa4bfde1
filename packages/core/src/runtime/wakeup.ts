/** Wakes a loop that waits for something to do. */
export interface Wakeup {
  /** Ends the wait that is under way, or else the next one. */
  signal(): void;
  /** Resolves when the bell is rung, at the latest after `ms`. */
  wait(ms: number): Promise<void>;
}

/** A bell for one loop. */
export function createWakeup(): Wakeup {
  let rung = Promise.withResolvers<void>();
  return {
    signal: () => rung.resolve(),
    async wait(ms) {
      const timer = setTimeout(rung.resolve, Math.max(ms, 0));
      await rung.promise;
      clearTimeout(timer);
      rung = Promise.withResolvers();
    },
  };
}
