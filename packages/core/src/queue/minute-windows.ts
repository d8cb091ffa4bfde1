import type { Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

const WINDOW_S = 60;

/** Counts per minute, shared by all processes. The minute of a name begins with its first count. */
export interface RateWindows {
  /** Counts one more. If `max` are counted already, returns in how many milliseconds the minute ends. */
  consume(name: string, max: number): Promise<number | null>;
  /** Takes one count back. */
  refund(name: string): Promise<void>;
  /** In how many milliseconds the minute ends, if `max` are counted; else null. */
  peek(name: string, max: number): Promise<number | null>;
}

/** The windows of a Redis; a call fails where it does not answer. */
export function createRateWindows(client: Redis, prefix: string): RateWindows {
  const createLimiter = (points: number) =>
    new RateLimiterRedis({
      storeClient: client,
      keyPrefix: `${prefix}:minute`,
      duration: WINDOW_S,
      points,
    });

  return {
    async consume(name, max) {
      if (max === 0) return WINDOW_S * 1000;
      try {
        await createLimiter(max).consume(name);
        return null;
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        // A refusal is counted as well; it is not to fill a minute whose limit is raised.
        await createLimiter(max).reward(name);
        return refusal.msBeforeNext;
      }
    },
    async refund(name) {
      await createLimiter(1).reward(name);
    },
    async peek(name, max) {
      if (max === 0) return WINDOW_S * 1000;
      const counted = await createLimiter(max).get(name);
      return counted && counted.consumedPoints >= max ? counted.msBeforeNext : null;
    },
  };
}
