// The entry of the package for services that only enqueue. It needs Redis and loads no MongoDB driver.
import { z } from 'zod';
import type { ContinueSessionConfig } from './model/config/continue-config.ts';
import type { RequestConfig } from './model/config/session-config.ts';
import type { PromptRequest } from './model/content/content-draft.ts';
import { checkTextOnly } from './model/content/content-types.ts';
import { AppError } from './model/errors/app-error.ts';
import { type Drafted, draftUnparsed } from './model/job/draft-request.ts';
import type { Job } from './model/job/job.ts';
import {
  type ContinueOptions,
  type EnqueueOptions,
  parseContinueRequest,
  parseLaunchRequest,
} from './queue/job-builder.ts';
import type { SessionQueueOptions } from './queue/open-queue.ts';
import { createSessionQueue, type SessionQueue } from './queue/session-queue.ts';
import { parseSealingKeys } from './sealing/key-set.ts';
import { createSealer, NO_SEALER, type Sealer } from './sealing/sealer.ts';
import { checkOptions, prefixSchema, redisSchema } from './settings/connection-options.ts';

export type { ContinueSessionConfig } from './model/config/continue-config.ts';
export type { RequestConfig, SessionConfig } from './model/config/session-config.ts';
export { AppError, type ErrorDetails, isAppError } from './model/errors/app-error.ts';
export { ERROR_CODES, type ErrorCode } from './model/errors/error-codes.ts';
export { QUEUE_PREFIX, SESSION_QUEUE } from './model/job/job.ts';
export type { ContinueOptions, EnqueueOptions } from './queue/job-builder.ts';
export type { SessionQueueOptions } from './queue/open-queue.ts';
export type { RedisConnection } from './queue/redis.ts';

/** What a producer knows about a session that it enqueued. */
export interface Enqueued {
  id: string;
  run_id: string;
  status: 'queued';
}

const KEY_FIELD = 'conversation_key';

/** The two functions of a service that reaches only Redis. */
export interface Producer {
  /**
   * Enqueues a new session. Throws INVALID_REQUEST, PAYLOAD_TOO_LARGE or UNAVAILABLE, CONVERSATION_KEY_NOT_SUPPORTED if
   * the options have a `conversation_key`, and CONTENT_TYPE_NOT_SUPPORTED if `content` has pictures or documents, which
   * only MongoDB can keep.
   */
  launchSession(config: RequestConfig, options?: EnqueueOptions): Promise<Enqueued>;
  /**
   * Enqueues a session that continues another session. Throws like launchSession. The producer cannot check the parent.
   * If the parent is missing or cannot be resumed, or is busy while `on_busy` is `reject`, the worker fails the new
   * session.
   */
  continueSession(request: ContinueSessionConfig, options?: ContinueOptions): Promise<Enqueued>;
}

const optionsSchema = z.looseObject({ connection: redisSchema, prefix: prefixSchema.optional() });

/** The options of a producer: where its queue is, and optionally the operator's public key that encrypts secrets. */
export interface ProducerOptions extends SessionQueueOptions {
  /** A key of the JWKS that the API serves at /.well-known/jwks.json. Use the first key. */
  sealTo?: Readonly<Record<string, unknown>>;
}

/**
 * Creates a producer on its own connection or on a given ioredis client. `close()` closes only what the producer
 * opened. Redis does not have to be reachable yet: calls fail with UNAVAILABLE until it is. With `sealTo`, every secret
 * is encrypted before it leaves this process. Throws INVALID_CONFIG if `sealTo` is not a public key or another option
 * is invalid.
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

/** Creates a producer on a queue that is already open; `sealer` encrypts secrets. */
export function createQueueProducer(
  queue: Pick<SessionQueue, 'add'>,
  sealer: Sealer = NO_SEALER,
): Producer {
  // Only MongoDB knows which session is the newest of a conversation.
  function refuseKey(...given: unknown[]): void {
    const hasKey = (one: unknown) =>
      typeof one === 'object' && one !== null && Object.hasOwn(one, KEY_FIELD);
    if (!given.some(hasKey)) return;
    throw new AppError(
      'CONVERSATION_KEY_NOT_SUPPORTED',
      `${KEY_FIELD}: expected no conversation key, because a producer without MongoDB cannot find the conversation; launch it with the API`,
      { details: { field: KEY_FIELD } },
    );
  }

  async function enqueue(job: Job, { idempotency_key }: EnqueueOptions = {}): Promise<Enqueued> {
    await queue.add(await sealer.job(job, idempotency_key !== undefined));
    return { id: job.id, run_id: job.run_id ?? job.id, status: 'queued' };
  }
  return {
    async launchSession(config, options) {
      refuseKey(config, options);
      return enqueue(parseLaunchRequest(withText(config), options), options);
    },
    async continueSession(request, options) {
      refuseKey(request, options);
      return enqueue(parseContinueRequest(withText(request), options), options);
    },
  };
}

function withText<T extends PromptRequest>(request: T): Drafted<T> {
  const { drafted, draft } = draftUnparsed(request);
  checkTextOnly(draft?.blocks, 'a producer with Redis alone cannot store files');
  return drafted;
}
