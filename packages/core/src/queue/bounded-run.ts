import type { Queue } from 'bullmq';
import { withDeadline } from '../runtime/deadline.ts';
import { createQueueErrors } from './redis-trouble.ts';

/** How long a call waits for Redis, including the first connection, in milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Calls Redis within a deadline. Turns Redis errors into queue errors such as UNAVAILABLE. */
export type RunBounded = <T>(call: () => Promise<T>) => Promise<T>;

// The client's `commandTimeout` is not used: a timer for each command costs more, and a client that
// the caller passed in may not have this option.
/** Creates the function that runs a call on this queue and rejects if Redis misses the deadline. */
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
