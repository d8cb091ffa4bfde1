import { wantsEvent } from '../model/webhooks/webhook.ts';
import type { WebhookQueue } from '../queue/webhook-queue.ts';
import type { Logger } from '../runtime/log.ts';
import type { StoreClock } from '../store/clock.ts';
import type { DeliveryStore } from '../store/delivery-store.ts';
import { forEachIsolated } from '../store/for-each-isolated.ts';
import type { OutboxSession, WebhookOutbox } from '../store/webhook-outbox.ts';
import type { WebhookStore } from '../store/webhook-store.ts';

/** How long it is believed that there is no webhook, in milliseconds; word left meanwhile is swept. */
const NONE_MS = 1_000;

/** Word younger than this, in milliseconds, is left to the process that left it. */
const SWEEP_AFTER_MS = 2_000;

/** How late a pending delivery is, in milliseconds, before its job is looked for. */
const OVERDUE_MS = 30_000;

const PAGE = 500;

/** Turns word of sessions' moves into deliveries with jobs. */
export interface WebhookDispatch {
  /** Tells now what this session has to tell. Returns at once and never fails: what it misses is swept. */
  notify(sessionId: string): void;
  /**
   * One round of the sweep: tells what dead processes left, gives pending deliveries that lost their
   * jobs others, and removes those that are older than the log is kept. Each step is safe to do twice.
   */
  sweep(): Promise<SweepReport>;
  /** The three parts of the sweep, each to be run for itself; each says how many it handled. */
  sweeps: { tell(): Promise<number>; restore(): Promise<number>; remove(): Promise<number> };
}

/** What a sweep did. */
export interface SweepReport {
  told: number;
  restored: number;
  removed: number;
}

/** What dispatches. */
export interface WebhookDispatchDeps {
  webhooks: Pick<WebhookStore, 'enabled'>;
  deliveries: DeliveryStore;
  outbox: WebhookOutbox;
  queue: WebhookQueue;
  clock: StoreClock;
  log: Logger;
  /** How long the log of deliveries is kept, in milliseconds. */
  keepMs: number;
}

/** The dispatch over open stores and an open queue. */
export function createWebhookDispatch(deps: WebhookDispatchDeps): WebhookDispatch {
  const { webhooks, deliveries, outbox, queue, clock } = deps;
  let noneUntil = 0;
  let overdueFrom = new Date(0);

  async function enabled() {
    const found = await webhooks.enabled();
    if (found.length === 0) noneUntil = performance.now() + NONE_MS;
    return found;
  }

  // In this order: what is made twice is the same delivery and job, what is taken off too early is lost.
  async function dispatch(
    { id, created_at, tags, entries: due }: OutboxSession,
    all: Awaited<ReturnType<typeof enabled>>,
  ): Promise<number> {
    let told = 0;
    for (const word of due) {
      const event = { session_id: id, session_created_at: created_at, ...word };
      const notified = all.filter((one) => wantsEvent(one, event.type, tags));
      await forEachIsolated(notified, async (webhook) => {
        const delivery = await deliveries.insertIfAbsent(webhook.id, event);
        if (delivery.status === 'pending') await queue.add(delivery);
        told += 1;
      });
    }
    await outbox.acknowledge(id, due);
    return told;
  }

  async function notifyNow(sessionId: string): Promise<void> {
    if (performance.now() < noneUntil) return;
    // Before the webhooks: one that was made before a move is told of it.
    const session = await outbox.find(sessionId);
    if (!session) return;
    const all = await enabled();
    // Where there are none the sweep clears it away.
    if (all.length > 0) await dispatch(session, all);
  }

  async function sweepEntry(): Promise<number> {
    const now = await clock.now();
    const sessions = await outbox.olderThan(new Date(now.getTime() - SWEEP_AFTER_MS), PAGE);
    const all = await enabled();
    if (all.length === 0) {
      await outbox.clear(now);
      return 0;
    }
    let told = 0;
    await forEachIsolated(sessions, async (session) => {
      told += await dispatch(session, all);
    });
    return told;
  }

  // A page with each sweep: what waits for one slow endpoint must not hide what another one lost.
  async function restoreOverdue(): Promise<number> {
    const before = new Date((await clock.now()).getTime() - OVERDUE_MS);
    const found = await deliveries.overdue(before, PAGE, overdueFrom);
    let restored = 0;
    const restoring = forEachIsolated(found, async (delivery) => {
      if (await queue.restore(delivery)) restored += 1;
    });
    const last = found.length < PAGE ? undefined : found.at(-1)?.next_try_at?.getTime();
    // Past its first millisecond at the least, or a page of one millisecond would be the last one.
    overdueFrom = new Date(last === undefined ? 0 : Math.max(last, overdueFrom.getTime() + 1));
    await restoring;
    return restored;
  }

  async function removeOld(): Promise<number> {
    return deliveries.removeOlder(new Date((await clock.now()).getTime() - deps.keepMs));
  }

  return {
    notify(sessionId) {
      notifyNow(sessionId).catch((error: unknown) =>
        deps.log.warn({ err: error, session_id: sessionId }, 'webhooks are told later'),
      );
    },
    async sweep() {
      return {
        told: await sweepEntry(),
        restored: await restoreOverdue(),
        removed: await removeOld(),
      };
    },
    sweeps: { tell: sweepEntry, restore: restoreOverdue, remove: removeOld },
  };
}
