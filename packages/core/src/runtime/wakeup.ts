/** Wakes a loop that waits for something to do. */
export interface Bell {
  /** Ends the wait that is under way, or else the next one. */
  ring(): void;
  /** Resolves when the bell is rung, at the latest after `ms`. */
  wait(ms: number): Promise<void>;
}

/** A bell for one loop. */
export function createBell(): Bell {
  let rung = Promise.withResolvers<void>();
  return {
    ring: () => rung.resolve(),
    async wait(ms) {
      const timer = setTimeout(rung.resolve, Math.max(ms, 0));
      await rung.promise;
      clearTimeout(timer);
      rung = Promise.withResolvers();
    },
  };
}
