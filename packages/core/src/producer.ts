// The door of a service that only enqueues: Redis alone, no Mongo driver behind it.
import { type Producer, producerOn } from './queue/producer.ts';
import { createSessionQueue, type SessionQueueOptions } from './queue/session-queue.ts';

export { AppError, type ErrorDetails, isAppError } from './model/app-error.ts';
export type { ContinueSessionConfig } from './model/continue-config.ts';
export { ERROR_CODES, type ErrorCode } from './model/error-codes.ts';
export { QUEUE_PREFIX, SESSION_QUEUE } from './model/job.ts';
export type { SessionConfig } from './model/session-config.ts';
export type { ContinueOptions, Enqueued, EnqueueOptions, Producer } from './queue/producer.ts';
export type { RedisConnection } from './queue/redis.ts';
export type { SessionQueueOptions } from './queue/session-queue.ts';

/**
 * A producer on a connection of its own (or the ioredis client given). `close()` closes what it opened.
 * Redis need not be up yet: calls fail with UNAVAILABLE until it is.
 */
export function createProducer(
  options: SessionQueueOptions,
): Producer & { close(): Promise<void> } {
  const queue = createSessionQueue(options);
  return { ...producerOn(queue), close: () => queue.close() };
}
