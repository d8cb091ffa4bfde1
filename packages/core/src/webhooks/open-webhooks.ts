import type { SessionQueueOptions } from '../queue/session-queue.ts';
import { createWebhookQueue, type WebhookQueue } from '../queue/webhook-queue.ts';
import type { Logger } from '../runtime/log.ts';
import type { StoreClock } from '../store/clock.ts';
import type { DeliveryStore } from '../store/delivery-store.ts';
import type { Stores } from '../store/stores.ts';
import type { WebhookStore } from '../store/webhook-store.ts';
import { createWebhookDispatch, type WebhookDispatch } from './webhook-dispatch.ts';

const KEEP_MS = 14 * 24 * 3600 * 1000;

/** What a process needs to tell webhooks of moves and to manage them. */
export interface OpenWebhooks {
  store: WebhookStore;
  deliveries: DeliveryStore;
  queue: WebhookQueue;
  dispatch: WebhookDispatch;
  close(): Promise<void>;
}

/** Opens it. Redis need not be up yet; `keepMs` is for who sweeps: how long the log is kept, 14 days by default. */
export function openWebhooks({
  stores,
  clock,
  log,
  keepMs = KEEP_MS,
  ...connection
}: SessionQueueOptions & {
  stores: Pick<Stores, 'webhooks' | 'deliveries' | 'outbox'>;
  clock: StoreClock;
  log: Logger;
  keepMs?: number;
}): OpenWebhooks {
  const { webhooks, deliveries, outbox } = stores;
  const queue = createWebhookQueue(connection);
  return {
    store: webhooks,
    deliveries,
    queue,
    dispatch: createWebhookDispatch({
      webhooks,
      deliveries,
      outbox,
      queue,
      clock,
      log,
      keepMs,
    }),
    close: () => queue.close(),
  };
}
