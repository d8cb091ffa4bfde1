import { Queue, type QueueOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { QUEUE_PREFIX } from '../model/job/job.ts';
import { createBackend } from './backend.ts';
import { openProducerRedis, type RedisConnection } from './redis.ts';

/** Where the queue is stored. `prefix` (default: `baton`) is for tests and shared Redis servers. */
export interface SessionQueueOptions {
  connection: RedisConnection;
  prefix?: string;
}

/** A BullMQ queue, and the client that sends its commands. */
export interface OpenedQueue {
  bull: Queue;
  client: Redis;
  /** Closes the queue. Also closes the client, unless the caller passed it in. */
  close(): Promise<void>;
}

/**
 * Opens the BullMQ queue with this name. Redis need not be up yet. Throws INVALID_CONFIG for a
 * connection that BullMQ cannot use.
 */
export function openQueue(
  name: string,
  { connection, prefix = QUEUE_PREFIX }: SessionQueueOptions,
  settings: NonNullable<QueueOptions['settings']> = {},
): OpenedQueue {
  const { client, release } = openProducerRedis(connection);
  const options = { connection: client, prefix, settings, skipVersionCheck: true };
  const bull: Queue = new Queue(name, options, createBackend);
  bull.on('error', ignore);
  return {
    bull,
    client,
    async close() {
      await bull.close();
      release();
    },
  };
}

// The queue emits 'error' while Redis is down. This listener does nothing, because each call
// rejects anyway. Without a listener, an 'error' event would end the process.
function ignore(): void {}
