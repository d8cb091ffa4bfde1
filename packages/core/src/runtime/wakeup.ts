/** Wakes a loop that waits for work. */
export interface Wakeup {
  /** Ends the current wait. If there is no current wait, ends the next wait at once. */
  signal(): void;
  /** Resolves at the next signal, or after `ms` milliseconds. */
  wait(ms: number): Promise<void>;
}

/** Creates a wakeup for one loop. Only one wait may be in progress at a time. */
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
