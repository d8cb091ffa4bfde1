import type { Queue } from 'bullmq';
import { withDeadline } from '../runtime/deadline.ts';
import { createQueueErrors } from './redis-trouble.ts';

/** How long a call waits for Redis, a first connection included, in milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Calls Redis within a deadline; turns its errors into the queue's own, such as UNAVAILABLE. */
export type RunBounded = <T>(call: () => Promise<T>) => Promise<T>;

// Bounded here and not by the client's commandTimeout: a timer for each command costs more, and a client
// that the caller handed over has none.
/** Runs calls on this queue. */
export function createBoundedRun(bull: Queue): RunBounded {
  const toError = createQueueErrors();
  let ready = false;

  async function runOnceReady<T>(call: () => Promise<T>): Promise<T> {
    await bull.waitUntilReady();
    ready = true;
    return call();
  }

  return async (call) => {
    try {
      return await withDeadline(ANSWER_TIMEOUT_MS, ready ? call : () => runOnceReady(call));
    } catch (cause) {
      throw toError(cause);
    }
  };
}
