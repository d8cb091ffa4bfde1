import { AppError } from '@baton/core/internal';

/** Runs one piece of work at a time. */
export interface Turns {
  /**
   * Runs `work` when its turn comes. Rejects with CAPACITY_EXCEEDED if too many wait already, and with the signal's reason
   * if it is aborted before its turn.
   */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

const RETRY_AFTER_S = 5;

/** Creates turns. At most `maxWaiting` wait while one runs. */
export function createTurns(maxWaiting: number): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let open = 0;

  return {
    async run(work, signal) {
      if (open > maxWaiting) {
        throw new AppError(
          'CAPACITY_EXCEEDED',
          `this API process already fetches captured files for ${open} requests; try again later`,
          { details: { retry_after_s: RETRY_AFTER_S } },
        );
      }
      open += 1;
      const turn = last.then(() => {
        signal.throwIfAborted();
        return work();
      });
      last = turn.catch(() => {});
      try {
        return await turn;
      } finally {
        open -= 1;
      }
    },
  };
}
