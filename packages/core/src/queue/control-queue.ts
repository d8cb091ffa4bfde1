import { Queue, type QueueOptions } from 'bullmq';
import { QUEUE_PREFIX } from '../model/job/job.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { createBackend } from './backend.ts';
import { openProducerRedis } from './redis.ts';
import { toQueueError } from './redis-trouble.ts';
import type { SessionQueueOptions } from './session-queue.ts';

/** How long a call waits for Redis, a first connection included, in milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000;

/** A queue beside that of the sessions, for small jobs of Baton's own. */
export interface ControlQueue {
  bull: Queue;
  /** Asks it, once it is ready; throws UNAVAILABLE where Redis cannot answer within seconds. */
  run<T>(ask: (bull: Queue) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Opens the queue of this name. Redis need not be up yet. */
export function openControlQueue(
  name: string,
  { connection, prefix = QUEUE_PREFIX }: SessionQueueOptions,
  settings: NonNullable<QueueOptions['settings']> = {},
): ControlQueue {
  const { client, release } = openProducerRedis(connection);
  const options = { connection: client, prefix, settings, skipVersionCheck: true };
  const bull: Queue = new Queue(name, options, createBackend);
  bull.on('error', ignore);
  return {
    bull,
    async run(ask) {
      try {
        return await withDeadline(ANSWER_TIMEOUT_MS, async () => {
          await bull.waitUntilReady();
          return ask(bull);
        });
      } catch (cause) {
        throw toQueueError(cause);
      }
    },
    async close() {
      await bull.close();
      release();
    },
  };
}

// It emits 'error' while Redis is away; every call says so itself, and an unheard 'error' ends the process.
function ignore(): void {}
