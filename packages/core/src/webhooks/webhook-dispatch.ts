import { type Webhook, wantsEvent } from '../model/webhooks/webhook.ts';
import type { SessionEvent } from '../model/webhooks/webhook-delivery.ts';
import { isEndingEvent } from '../model/webhooks/webhook-event.ts';
import type { WebhookQueue } from '../queue/webhook-queue.ts';
import type { Logger } from '../runtime/log.ts';
import type { StoreClock } from '../store/clock.ts';
import type { DeliveryStore } from '../store/delivery-store.ts';
import { forEachIsolated } from '../store/for-each-isolated.ts';
import type { OutboxSession, WebhookOutbox } from '../store/webhook-outbox.ts';
import type { WebhookStore } from '../store/webhook-store.ts';

/**
 * How long the answer "there is no webhook" is cached, in milliseconds. If a webhook is created
 * within this time, the sweep creates the deliveries for its events.
 */
const NONE_MS = 1_000;

/** An outbox entry younger than this, in milliseconds, is left to the process that appended it. */
const SWEEP_AFTER_MS = 2_000;

/** How late a pending delivery must be, in milliseconds, before the sweep looks for its job. */
const OVERDUE_MS = 30_000;

const PAGE = 500;

/** Turns the outbox entries of sessions into deliveries with jobs. */
export interface WebhookDispatch {
  /**
   * Dispatches the outbox of a session. Returns at once and never throws. If the dispatch fails,
   * the sweep repeats it.
   */
  notify(sessionId: string): void;
  /**
   * Runs the sweep once. Dispatches entries that dead processes left, adds a job for each pending
   * delivery without a job, and removes deliveries that are older than `keepMs`. Each step can
   * safely be repeated.
   */
  sweep(): Promise<SweepReport>;
  /**
   * The three parts of the sweep, which can also run alone. Each part returns how many items it
   * handled.
   */
  sweeps: { notify(): Promise<number>; restore(): Promise<number>; remove(): Promise<number> };
}

/** How many items a sweep handled. */
export interface SweepReport {
  notified: number;
  restored: number;
  removed: number;
}

/** The dependencies of the webhook dispatch. */
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

/** Creates the dispatch over open stores and an open queue. */
export function createWebhookDispatch(deps: WebhookDispatchDeps): WebhookDispatch {
  const { webhooks, deliveries, outbox, clock } = deps;
  const restoreOverdue = createOverdueRestore(deps);
  let noneUntil = 0;

  async function enabled() {
    const found = await webhooks.enabled();
    if (found.length === 0) noneUntil = performance.now() + NONE_MS;
    return found;
  }

  async function notifyNow(sessionId: string): Promise<void> {
    if (performance.now() < noneUntil) return;
    // The session is read before the webhooks, so a webhook that was created before a status change receives the event
    // of that change.
    const session = await outbox.find(sessionId);
    if (!session) return;
    const all = await enabled();
    // If there is no webhook, the sweep clears the outbox.
    if (all.length > 0) await dispatch(deps, session, all);
  }

  async function sweepOutbox(): Promise<number> {
    const now = await clock.now();
    const sessions = await outbox.olderThan(new Date(now.getTime() - SWEEP_AFTER_MS), PAGE);
    const all = await enabled();
    if (all.length === 0) {
      await outbox.clear(now);
      return 0;
    }
    let notified = 0;
    await forEachIsolated(sessions, async (session) => {
      notified += await dispatch(deps, session, all);
    });
    return notified;
  }

  async function removeOld(): Promise<number> {
    return deliveries.removeOlderThan(new Date((await clock.now()).getTime() - deps.keepMs));
  }

  return {
    notify(sessionId) {
      notifyNow(sessionId).catch((error: unknown) =>
        deps.log.warn(
          { err: error, session_id: sessionId },
          'notifying webhooks failed, the sweep tries again',
        ),
      );
    },
    async sweep() {
      return {
        notified: await sweepOutbox(),
        restored: await restoreOverdue(),
        removed: await removeOld(),
      };
    },
    sweeps: { notify: sweepOutbox, restore: restoreOverdue, remove: removeOld },
  };
}

// The deliveries and jobs are created before the entries are acknowledged. Creating a delivery or a
// job twice changes nothing, but an entry that is acknowledged too early is lost.
async function dispatch(
  { deliveries, queue, outbox }: Pick<WebhookDispatchDeps, 'deliveries' | 'queue' | 'outbox'>,
  session: OutboxSession,
  all: readonly Webhook[],
): Promise<number> {
  let count = 0;
  for (const event of toEvents(session)) {
    const notified = all.filter((one) => wantsEvent(one, event.type, session.tags));
    await forEachIsolated(notified, async (webhook) => {
      const delivery = await deliveries.insertIfAbsent(webhook.id, event);
      if (delivery.status === 'pending') await queue.add(delivery);
      count += 1;
    });
  }
  await outbox.acknowledge(session.id, session.entries);
  return count;
}

/**
 * Returns the events of a session's outbox. The end of the session is followed by an event for each
 * message that the session had not delivered. The list of these messages no longer changes, so a
 * second call returns the same events.
 */
function toEvents({ id, created_at, entries, undelivered }: OutboxSession): SessionEvent[] {
  return entries.flatMap((entry) => {
    const event = { session_id: id, session_created_at: created_at, ...entry };
    if (!isEndingEvent(entry.type)) return [event];
    const left = undelivered.map((message_id) => ({
      ...event,
      type: 'message.undelivered' as const,
      message_id,
    }));
    return [event, ...left];
  });
}

// Each sweep reads one page, and the next sweep continues after it. Otherwise a page of deliveries that wait for a
// slow endpoint could hide deliveries that lost their jobs.
function createOverdueRestore({
  deliveries,
  queue,
  clock,
}: Pick<WebhookDispatchDeps, 'deliveries' | 'queue' | 'clock'>): () => Promise<number> {
  let overdueFrom = new Date(0);

  return async () => {
    const before = new Date((await clock.now()).getTime() - OVERDUE_MS);
    const found = await deliveries.overdue(before, PAGE, overdueFrom);
    let restored = 0;
    const restoring = forEachIsolated(found, async (delivery) => {
      if (await queue.restore(delivery)) restored += 1;
    });
    const last = found.length < PAGE ? undefined : found.at(-1)?.next_try_at?.getTime();
    // Advances by at least a millisecond. Otherwise a full page of deliveries with the same time
    // would be read again and again.
    overdueFrom = new Date(last === undefined ? 0 : Math.max(last, overdueFrom.getTime() + 1));
    await restoring;
    return restored;
  };
}
