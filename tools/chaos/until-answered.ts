import { setTimeout as delay } from 'node:timers/promises';
import { isAppError } from '@baton/core/internal';

/** How long a client waits before it repeats a request that was not answered, in milliseconds. */
const RETRY_AFTER_MS = 250;

/**
 * Repeats a request until it is answered, and resolves to the answer. After UNAVAILABLE or a lost
 * connection, a client does not know whether the request succeeded. Rejects with every other error.
 */
export async function untilAnswered<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (isAppError(error) && error.code !== 'UNAVAILABLE') throw error;
      await delay(RETRY_AFTER_MS);
    }
  }
}
