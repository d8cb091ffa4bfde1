/** Wakes a loop that waits for something to do. */
export interface Wakeup {
  /** Ends the wait that is under way, or else the next one. */
  signal(): void;
  /** Resolves at the next signal, at the latest after `ms` milliseconds. */
  wait(ms: number): Promise<void>;
}

/** A wakeup for one loop: only one wait may be under way at a time. */
export function createWakeup(): Wakeup {
  let signalled = Promise.withResolvers<void>();
  return {
    signal: () => signalled.resolve(),
    async wait(ms) {
      const timer = setTimeout(signalled.resolve, Math.max(ms, 0));
      await signalled.promise;
      clearTimeout(timer);
      signalled = Promise.withResolvers();
    },
  };
}
