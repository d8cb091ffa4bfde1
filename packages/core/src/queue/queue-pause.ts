import type { Queue } from 'bullmq';
import type { Logger } from '../runtime/log.ts';
import type { RunBounded } from './bounded-run.ts';

/**
 * The longest that Baton pauses the queue, in milliseconds: a session tries an account's limit again by then.
 * Another program's longer pause would stop the fleet while every health check passes.
 */
export const MAX_PAUSE_MS = 5 * 60_000;

/** The pause of a whole queue: while it lasts no worker begins a session. */
export interface QueuePause {
  /** Pauses the queue for this long, in milliseconds: no worker begins a session. A longer pause stands. */
  pause(ms: number): Promise<void>;
  /**
   * How long the queue is paused yet, in milliseconds; 0 where it is not. A pause of more than five minutes
   * is none of Baton: it is cut to five minutes, and logged.
   */
  pauseMs(): Promise<number>;
}

// BullMQ's own limiter key holds the time; its limiter is not used, for with it a worker that runs long
// jobs looks for others only once one of them has ended.
/** The pause of a BullMQ queue. */
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
      'the queue was paused for longer than Baton pauses it: the pause was cut',
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
