import type { Db } from 'mongodb';
import type { SessionQueueOptions } from '../queue/session-queue.ts';
import { createWebhookQueue, type WebhookQueue } from '../queue/webhook-queue.ts';
import type { Logger } from '../runtime/log.ts';
import type { StoreClock } from '../store/clock.ts';
import { createDeliveryStore, type DeliveryStore } from '../store/delivery-store.ts';
import { createWebhookOutbox } from '../store/webhook-outbox.ts';
import { createWebhookStore, type WebhookStore } from '../store/webhook-store.ts';
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
  db,
  clock,
  log,
  keepMs = KEEP_MS,
  ...connection
}: SessionQueueOptions & {
  db: Db;
  clock: StoreClock;
  log: Logger;
  keepMs?: number;
}): OpenWebhooks {
  const store = createWebhookStore(db, clock, { log });
  const deliveries = createDeliveryStore(db, clock, { log });
  const queue = createWebhookQueue(connection);
  const outbox = createWebhookOutbox(db);
  return {
    store,
    deliveries,
    queue,
    dispatch: createWebhookDispatch({
      webhooks: store,
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
