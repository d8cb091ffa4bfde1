import {
  type Logger,
  type Mongo,
  type OpenWebhooks,
  openWebhooks,
  type openWorkerRedis,
  type SessionStore,
  type StoreClock,
} from '@baton/core';
import type { z } from 'zod';
import type { workerSettingsSchema } from '../config.ts';
import { createWebhookWorker } from './webhook-worker.ts';

/** Failed tries in a row before an endpoint can count as dead. */
const DEAD_TRIES = 20;

const DAY_MS = 24 * 3600 * 1000;

/** What a worker process does for webhooks. */
export interface WorkerWebhooks {
  dispatch: OpenWebhooks['dispatch'];
  /** Begins to take deliveries. */
  start(): void;
  /** Resolves within seconds; what is under way goes back to the queue. */
  close(): Promise<void>;
}

/** Opens the part of a worker that tells webhooks, as the settings say. */
export function openWorkerWebhooks(
  settings: z.infer<typeof workerSettingsSchema>,
  parts: {
    db: Mongo['db'];
    clock: StoreClock;
    sessions: SessionStore;
    connection: ReturnType<typeof openWorkerRedis>;
    log: Logger;
  },
): WorkerWebhooks {
  const { db, clock, log } = parts;
  const prefix = settings.QUEUE_PREFIX;
  const { store, deliveries, queue, dispatch } = openWebhooks({
    db,
    clock,
    log,
    prefix,
    connection: settings.REDIS_URL,
    keepMs: settings.WEBHOOK_LOG_DAYS * DAY_MS,
  });
  const worker = createWebhookWorker({
    ...parts,
    webhooks: store,
    deliveries,
    prefix,
    allowed: settings.WEBHOOK_ALLOWED_ADDRESSES,
    timeoutMs: settings.WEBHOOK_TIMEOUT_MS,
    retryFirstMs: settings.WEBHOOK_RETRY_FIRST_MS,
    deadAfter: { tries: DEAD_TRIES, ms: settings.WEBHOOK_DISABLE_AFTER_MS },
  });
  return {
    dispatch,
    start: worker.start,
    async close() {
      await worker.close();
      await queue.close();
    },
  };
}
