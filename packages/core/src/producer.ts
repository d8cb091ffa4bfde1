// The door of a service that only enqueues: Redis alone, no Mongo driver behind it.
import { z } from 'zod';
import type { ContinueSessionConfig } from './model/config/continue-config.ts';
import type { SessionConfig } from './model/config/session-config.ts';
import type { Job } from './model/job/job.ts';
import {
  type ContinueOptions,
  type EnqueueOptions,
  parseContinueJob,
  parseLaunchJob,
} from './queue/job-builder.ts';
import type { SessionQueueOptions } from './queue/open-queue.ts';
import { createSessionQueue, type SessionQueue } from './queue/session-queue.ts';
import { parseSealingKeys } from './sealing/key-set.ts';
import { createSealer, NO_SEALER, type Sealer } from './sealing/sealer.ts';
import { checkOptions, prefixSchema, redisSchema } from './settings/connection-options.ts';

export type { ContinueSessionConfig } from './model/config/continue-config.ts';
export type { SessionConfig } from './model/config/session-config.ts';
export { AppError, type ErrorDetails, isAppError } from './model/errors/app-error.ts';
export { ERROR_CODES, type ErrorCode } from './model/errors/error-codes.ts';
export { QUEUE_PREFIX, SESSION_QUEUE } from './model/job/job.ts';
export type { ContinueOptions, EnqueueOptions } from './queue/job-builder.ts';
export type { SessionQueueOptions } from './queue/open-queue.ts';
export type { RedisConnection } from './queue/redis.ts';

/** What a producer can know of a session that it enqueued. */
export interface Enqueued {
  id: string;
  run_id: string;
  status: 'queued';
}

/** The two verbs of a service that has Redis alone. */
export interface Producer {
  /** Enqueues a new session. Throws INVALID_REQUEST, PAYLOAD_TOO_LARGE, UNAVAILABLE. */
  launchSession(config: SessionConfig, options?: EnqueueOptions): Promise<Enqueued>;
  /**
   * Enqueues a session that continues another. Throws like launchSession; a parent that is missing, cannot
   * be resumed, or is busy with nothing said of that, is found by the worker, which ends it as failed.
   */
  continueSession(request: ContinueSessionConfig, options?: ContinueOptions): Promise<Enqueued>;
}

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

/** A producer on a queue that is open already; `sealer` encrypts secrets. */
export function createQueueProducer(
  queue: Pick<SessionQueue, 'add'>,
  sealer: Sealer = NO_SEALER,
): Producer {
  async function enqueue(job: Job, { idempotency_key }: EnqueueOptions = {}): Promise<Enqueued> {
    await queue.add(await sealer.job(job, idempotency_key !== undefined));
    return { id: job.id, run_id: job.run_id ?? job.id, status: 'queued' };
  }
  return {
    launchSession: async (config, options) => enqueue(parseLaunchJob(config, options), options),
    continueSession: async (request, options) =>
      enqueue(parseContinueJob(request, options), options),
  };
}
