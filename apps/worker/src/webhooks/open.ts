import {
  type KeptJobs,
  type Logger,
  type Mongo,
  type OpenWebhooks,
  openWebhooks,
  type openWorkerRedis,
  type RedisWatch,
  type SessionStore,
  type StoreClock,
} from '@baton/core/internal';
import type { z } from 'zod';
import type { MaintenanceTask } from '../maintenance/maintenance.ts';
import type { workerSettingsSchema } from '../settings.ts';
import { createWebhookWorker } from './webhook-worker.ts';

/** Failed tries in a row before an endpoint can count as dead. */
const DEAD_TRIES = 20;

const DAY_MS = 24 * 3600 * 1000;

const OFTEN = { everyMs: 5_000, limitMs: 60_000 };
const SELDOM = { everyMs: 60_000, limitMs: 120_000 };

/** What a worker process does for webhooks. */
export interface WorkerWebhooks {
  dispatch: OpenWebhooks['dispatch'];
  /** What the lease holder does for webhooks. */
  tasks: readonly MaintenanceTask[];
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
    kept: KeptJobs;
    watch: Pick<RedisWatch, 'note'>;
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
  const { tell, restore, remove } = dispatch.sweeps;
  return {
    dispatch,
    tasks: [
      { name: 'telling webhooks', ...OFTEN, run: tell },
      { name: 'restoring deliveries', ...OFTEN, run: restore },
      { name: 'removing old deliveries', ...SELDOM, run: remove },
    ],
    start: worker.start,
    async close() {
      await worker.close();
      await queue.close();
    },
  };
}
