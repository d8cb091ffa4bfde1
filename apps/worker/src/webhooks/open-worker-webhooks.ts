import type {
  KeptJobs,
  Logger,
  openWorkerRedis,
  RedisWatch,
  SessionStore,
  StoreClock,
  WebhookServices,
} from '@baton/core/internal';
import type { MaintenanceTask } from '../maintenance/maintenance.ts';
import type { WorkerSettings } from '../settings.ts';
import { createWebhookWorker } from './webhook-worker.ts';

/** Failed tries in a row before an endpoint can count as dead. */
const DEAD_TRIES = 20;

const OFTEN = { everyMs: 5_000, limitMs: 60_000 };
const SELDOM = { everyMs: 60_000, limitMs: 120_000 };

/** What a worker process does for webhooks. */
export interface WorkerWebhooks {
  /** The maintenance tasks for webhooks. */
  tasks: readonly MaintenanceTask[];
  /** Begins to process deliveries. */
  start(): void;
  /** Resolves within seconds; deliveries under way go back to the queue. */
  close(): Promise<void>;
}

/** Opens the part of a worker that delivers webhooks, as the settings say. Their queue stays the caller's to close. */
export function openWorkerWebhooks(
  settings: WorkerSettings,
  {
    webhooks: { store, deliveries, dispatch },
    ...parts
  }: {
    webhooks: WebhookServices;
    clock: StoreClock;
    sessions: SessionStore;
    connection: ReturnType<typeof openWorkerRedis>;
    kept: KeptJobs;
    watch: Pick<RedisWatch, 'note'>;
    log: Logger;
  },
): WorkerWebhooks {
  const worker = createWebhookWorker({
    ...parts,
    webhooks: store,
    deliveries,
    prefix: settings.QUEUE_PREFIX,
    allowed: settings.WEBHOOK_ALLOWED_ADDRESSES,
    timeoutMs: settings.WEBHOOK_TIMEOUT_MS,
    retryFirstMs: settings.WEBHOOK_RETRY_FIRST_MS,
    deadAfter: { tries: DEAD_TRIES, ms: settings.WEBHOOK_DISABLE_AFTER_MS },
  });
  const { notify: notifyWebhooks, restore, remove } = dispatch.sweeps;
  return {
    tasks: [
      { name: 'notifying webhooks', ...OFTEN, run: notifyWebhooks },
      { name: 'restoring deliveries', ...OFTEN, run: restore },
      { name: 'removing old deliveries', ...SELDOM, run: remove },
    ],
    start: worker.start,
    close: worker.close,
  };
}
