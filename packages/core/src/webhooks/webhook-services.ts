import type { WebhookQueue } from '../queue/webhook-queue.ts';
import type { Logger } from '../runtime/log.ts';
import type { StoreClock } from '../store/clock.ts';
import type { DeliveryStore } from '../store/delivery-store.ts';
import type { Stores } from '../store/stores.ts';
import type { WebhookStore } from '../store/webhook-store.ts';
import { createWebhookDispatch, type WebhookDispatch } from './webhook-dispatch.ts';

const KEEP_MS = 14 * 24 * 3600 * 1000;

/** The parts that a process needs to manage webhooks, and to send them status changes. */
export interface WebhookServices {
  store: WebhookStore;
  deliveries: DeliveryStore;
  queue: WebhookQueue;
  dispatch: WebhookDispatch;
}

/** Creates the services over stores and a queue that are already open. */
export function createWebhookServices({
  stores: { webhooks, deliveries, outbox },
  queue,
  clock,
  log,
  keepMs = KEEP_MS,
}: {
  stores: Pick<Stores, 'webhooks' | 'deliveries' | 'outbox'>;
  queue: WebhookQueue;
  clock: StoreClock;
  log: Logger;
  /** How long the log of deliveries is kept, in milliseconds. Default: 14 days. */
  keepMs?: number;
}): WebhookServices {
  return {
    store: webhooks,
    deliveries,
    queue,
    dispatch: createWebhookDispatch({ webhooks, deliveries, outbox, queue, clock, log, keepMs }),
  };
}
