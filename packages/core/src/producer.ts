// The door of a service that only enqueues: Redis alone, no Mongo driver behind it.
import { z } from 'zod';
import type { SessionQueueOptions } from './queue/open-queue.ts';
import { createQueueProducer, type Producer } from './queue/producer.ts';
import { createSessionQueue } from './queue/session-queue.ts';
import { parseSealingKeys } from './sealing/key-set.ts';
import { createSealer } from './sealing/sealer.ts';
import { checkOptions, prefixSchema, redisSchema } from './settings/connection-options.ts';

export type { ContinueSessionConfig } from './model/config/continue-config.ts';
export type { SessionConfig } from './model/config/session-config.ts';
export { AppError, type ErrorDetails, isAppError } from './model/errors/app-error.ts';
export { ERROR_CODES, type ErrorCode } from './model/errors/error-codes.ts';
export { QUEUE_PREFIX, SESSION_QUEUE } from './model/job/job.ts';
export type { SessionQueueOptions } from './queue/open-queue.ts';
export type { ContinueOptions, Enqueued, EnqueueOptions, Producer } from './queue/producer.ts';
export type { RedisConnection } from './queue/redis.ts';

const optionsSchema = z.looseObject({ connection: redisSchema, prefix: prefixSchema.optional() });

/** Where a producer's queue lives, and the operator's public key where its secrets are to be sealed. */
export interface ProducerOptions extends SessionQueueOptions {
  /** A key of the JWKS that the API serves at /.well-known/jwks.json: the first is the one to take. */
  sealTo?: Readonly<Record<string, unknown>>;
}

/**
 * A producer on a connection of its own (or the ioredis client given). `close()` closes what it opened.
 * Redis need not be up yet: calls fail with UNAVAILABLE until it is. With `sealTo` every secret is sealed
 * before it leaves this process. Throws INVALID_CONFIG where that is no public key, or another option is not
 * what it should be.
 */
export function createProducer({
  sealTo,
  ...options
}: ProducerOptions): Producer & { close(): Promise<void> } {
  checkOptions(optionsSchema, options);
  const sealer = createSealer(parseSealingKeys(sealTo === undefined ? [] : [sealTo], 'sealTo'));
  const queue = createSessionQueue(options);
  return { ...createQueueProducer(queue, sealer), close: () => queue.close() };
}
