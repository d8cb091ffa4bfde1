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

/** How many tries in a row must fail before an endpoint can count as dead. */
const DEAD_TRIES = 20;

const OFTEN = { everyMs: 5_000, limitMs: 60_000 };
const SELDOM = { everyMs: 60_000, limitMs: 120_000 };

/** The part of a worker process that delivers webhooks. */
export interface WorkerWebhooks {
  /** The maintenance tasks for webhooks. */
  tasks: readonly MaintenanceTask[];
  /** Starts to process deliveries. */
  start(): void;
  /** Stops taking deliveries, and resolves within seconds. Deliveries under way go back to the queue. */
  close(): Promise<void>;
}

/** Opens the part of a worker that delivers webhooks. The caller closes the queue of `webhooks`. */
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
