import type { Queue, QueueOptions } from 'bullmq';
import { withDeadline } from '../runtime/deadline.ts';
import { openQueue, type SessionQueueOptions } from './open-queue.ts';
import { toQueueError } from './redis-trouble.ts';

/** How long a call waits for Redis, including the first connection, in milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000;

/** A queue for Baton's own small jobs, separate from the queue of the sessions. */
export interface SmallJobQueue {
  bull: Queue;
  /**
   * Runs a call on the queue once the queue is ready. Throws UNAVAILABLE if Redis does not answer
   * within 5 s.
   */
  run<T>(call: (bull: Queue) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Opens the queue with this name. Redis need not be up yet. */
export function openSmallJobQueue(
  name: string,
  options: SessionQueueOptions,
  settings?: QueueOptions['settings'],
): SmallJobQueue {
  const { bull, close } = openQueue(name, options, settings);
  return {
    bull,
    close,
    async run(call) {
      try {
        return await withDeadline(ANSWER_TIMEOUT_MS, async () => {
          await bull.waitUntilReady();
          return call(bull);
        });
      } catch (cause) {
        throw toQueueError(cause);
      }
    },
  };
}
