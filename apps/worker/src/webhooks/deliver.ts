// Processes one job of the queue of deliveries. The documents say what to send, and record each try.
import {
  type AddressRange,
  type DeadAfter,
  type Delivery,
  type DeliveryStore,
  defined,
  type Logger,
  type Session,
  type SessionStore,
  type StoreClock,
  signWebhook,
  toInfo,
  type WebhookStore,
} from '@baton/core/internal';
import type { EndpointSlots } from './endpoint-slots.ts';
import { describeTry, judgeDeliveryTry } from './judge-delivery-try.ts';
import { post } from './post.ts';

/** The dependencies of deliveries. */
export interface DeliverDeps {
  webhooks: WebhookStore;
  deliveries: DeliveryStore;
  sessions: Pick<SessionStore, 'get'>;
  clock: StoreClock;
  log: Logger;
  slots: EndpointSlots;
  allowed: readonly AddressRange[];
  timeoutMs: number;
  retryFirstMs: number;
  deadAfter: DeadAfter;
}

/**
 * How the try ended: the job is done, it is due again in `inMs` milliseconds, or the webhook had no
 * free slot.
 */
export type DeliverEnd = { kind: 'done' } | { kind: 'again'; inMs: number } | { kind: 'no_slot' };

const DONE: DeliverEnd = { kind: 'done' };

/**
 * Makes one try of a delivery. Rejects if a store is unavailable or `signal` ended the try. In that
 * case, nothing was recorded, and the same try may be repeated.
 */
export async function deliver(
  deps: DeliverDeps,
  { delivery_id, round }: { delivery_id: string; round: number },
  signal: AbortSignal,
): Promise<DeliverEnd> {
  const { deliveries, clock } = deps;
  const delivery = await deliveries.get(delivery_id);
  // The delivery was removed with its webhook, or has ended. If a caller requested a redelivery, the delivery has a
  // newer job.
  if (delivery?.status !== 'pending' || delivery.round !== round) return DONE;
  const dueInMs = (delivery.next_try_at?.getTime() ?? 0) - (await clock.now()).getTime();
  if (dueInMs > 0) return { kind: 'again', inMs: dueInMs };
  const slot = deps.slots.acquire(delivery.webhook_id);
  if (!slot) return { kind: 'no_slot' };
  let answered: boolean | undefined;
  try {
    const made = await send(deps, delivery, signal);
    if (!made) return DONE;
    answered = made.facts.status !== undefined;
    return await settle(deps, delivery, made.facts, made.timing);
  } finally {
    slot.release(answered);
  }
}

// Makes the request. If the webhook or the session is missing, or the webhook is disabled, records the failure and
// returns null.
async function send(
  { webhooks, deliveries, sessions, clock, timeoutMs, allowed }: DeliverDeps,
  delivery: Delivery,
  signal: AbortSignal,
) {
  const webhook = await webhooks.get(delivery.webhook_id);
  const session = await sessionOf(delivery, sessions);
  const error = !webhook?.enabled
    ? 'the webhook is disabled'
    : !session && 'the session was deleted';
  if (!webhook || !session || error) {
    await deliveries.record(delivery, { kind: 'failed', error: String(error) });
    return null;
  }

  const startedAt = await clock.now();
  const started = performance.now();
  const body = JSON.stringify({
    type: delivery.type,
    timestamp: delivery.at.toISOString(),
    ...defined({ message_id: delivery.message_id }),
    data: toInfo(session),
  });
  const headers = signWebhook(webhook.secret, { id: delivery.id, at: startedAt, body });
  const facts = await post({ url: webhook.url, headers, body }, { timeoutMs, allowed, signal });
  return {
    facts,
    timing: { at: startedAt, duration_ms: Math.round(performance.now() - started) },
  };
}

// A new session may reuse the id of a deleted session. The deleted session's deliveries are not
// about the new session, so this function returns null.
async function sessionOf(
  { session_id, session_created_at }: Delivery,
  sessions: DeliverDeps['sessions'],
): Promise<Session | null> {
  const session = await sessions.get(session_id);
  const isOther = session_created_at && session && +session.created_at !== +session_created_at;
  return isOther ? null : session;
}

async function settle(
  { webhooks, deliveries, clock, retryFirstMs, deadAfter, log }: DeliverDeps,
  delivery: Delivery,
  facts: Awaited<ReturnType<typeof post>>,
  timing: { at: Date; duration_ms: number },
): Promise<DeliverEnd> {
  const { status, error } = facts;
  const verdict = judgeDeliveryTry(facts, {
    tries: delivery.tries_made + 1,
    firstMs: retryFirstMs,
    random: Math.random(),
  });
  const made = {
    ...timing,
    ...defined({
      status,
      error: verdict.kind === 'delivered' ? undefined : describeTry({ status, error }),
    }),
  };
  if (verdict.kind === 'delivered') {
    await deliveries.record(delivery, { kind: 'delivered' }, made);
    await webhooks.noteDelivered(delivery.webhook_id);
    return DONE;
  }
  const at = new Date(
    (await clock.now()).getTime() + (verdict.kind === 'retry' ? verdict.inMs : 0),
  );
  await deliveries.record(
    delivery,
    verdict.kind === 'retry' ? { kind: 'retry', at } : { kind: 'failed', error: verdict.error },
    made,
  );
  const isGone = verdict.kind === 'failed' && verdict.gone;
  if (isGone) await webhooks.disableGone(delivery.webhook_id);
  const isDead = !isGone && (await webhooks.noteFailure(delivery.webhook_id, deadAfter));
  if (isGone || isDead) {
    log.warn(
      { webhook_id: delivery.webhook_id, reason: made.error },
      'a webhook was disabled, because its endpoint is gone or kept failing',
    );
  }
  return verdict.kind === 'retry' ? { kind: 'again', inMs: verdict.inMs } : DONE;
}
