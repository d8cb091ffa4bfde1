import type { Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

const WINDOW_S = 60;

/**
 * Counts per minute, shared by all processes. The minute of a name begins when a call first counts
 * under this name.
 */
export interface RateWindows {
  /**
   * Adds one count and returns null. If the count has reached `max`, adds nothing and returns the
   * milliseconds until the minute ends.
   */
  consume(name: string, max: number): Promise<number | null>;
  /** Removes one count. */
  refund(name: string): Promise<void>;
  /**
   * Returns the milliseconds until the minute ends if the count has reached `max`. Otherwise
   * returns null.
   */
  peek(name: string, max: number): Promise<number | null>;
}

/** Creates the windows in this Redis. A call fails if Redis does not answer. */
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
        // The limiter counted the refusal too. That count is removed, so that refusals do not use
        // up a limit that is raised within the minute.
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
