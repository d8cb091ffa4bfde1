import type { Queue } from 'bullmq';
import type { Logger } from '../runtime/log.ts';
import type { RunBounded } from './bounded-run.ts';

/**
 * The longest time for which Baton pauses the queue, in milliseconds. After that time a session
 * runs and shows whether the account's limit still holds. A longer pause by another program would
 * stop the fleet while every health check passes.
 */
export const MAX_PAUSE_MS = 5 * 60_000;

/** The pause of a whole queue. During a pause no worker begins a session. */
export interface QueuePause {
  /**
   * Pauses the queue for `ms` milliseconds, unless it is already paused for longer. Shortens a
   * pause of more than five minutes, as `pauseMs` does.
   */
  pause(ms: number): Promise<void>;
  /**
   * Returns how much longer the queue is paused, in milliseconds; 0 if it is not paused. Only
   * another program sets a pause of more than five minutes, so the call shortens such a pause to
   * five minutes and logs it.
   */
  pauseMs(): Promise<number>;
}

// The pause is stored in the Redis key of BullMQ's rate limiter, but the limiter itself is off.
// With the limiter on, a worker that runs long jobs would look for new jobs only after one of its
// jobs has ended.
/** Creates the pause of a BullMQ queue. */
export function createPause(
  bull: Queue,
  runBounded: RunBounded,
  log: Pick<Logger, 'error'> | undefined,
): QueuePause {
  async function pauseMs(): Promise<number> {
    const ms = Math.max(await runBounded(() => bull.getRateLimitTtl()), 0);
    if (ms <= MAX_PAUSE_MS) return ms;
    log?.error(
      { pause_ms: ms, cut_to_ms: MAX_PAUSE_MS },
      'another program paused the queue for more than five minutes; Baton cut the pause',
    );
    await runBounded(() => bull.rateLimit(MAX_PAUSE_MS));
    return MAX_PAUSE_MS;
  }

  return {
    async pause(ms) {
      if (ms > (await pauseMs())) await runBounded(() => bull.rateLimit(Math.ceil(ms)));
    },
    pauseMs,
  };
}
