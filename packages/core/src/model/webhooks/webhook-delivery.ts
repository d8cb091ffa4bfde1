import { v5 } from 'uuid';
import { z } from 'zod';
import { defined } from '../schema/defined.ts';
import { idSchema } from '../schema/id.ts';
import { webhookEventSchema } from './webhook-event.ts';

const time = z.iso.datetime();

/** How many tries the log of one delivery keeps. */
export const TRIES_KEPT = 20;

// Any UUID will do, as long as it stays.
const NAMESPACE = '0d6b0c1e-6a3f-5b1d-9c55-8f7b8f6f2a11';

const count = z.int().nonnegative();

const STATUSES = ['pending', 'delivered', 'failed'] as const;

const trySchema = z.object({
  at: z.date(),
  duration_ms: count,
  status: z.int().optional(),
  error: z.string().optional(),
});

/** One event for one webhook, and what became of it. */
const deliverySchema = z.object({
  id: idSchema,
  webhook_id: idSchema,
  session_id: idSchema,
  /** Distinguishes the session from an earlier one with the same id that was deleted. */
  session_created_at: z.date(),
  type: webhookEventSchema,
  attempt: count,
  at: z.date(),
  status: z.enum(STATUSES),
  /** Raised by each redelivery: a job of an older round does nothing. */
  round: count,
  tries_made: count,
  tries: z.array(trySchema),
  next_try_at: z.date().optional(),
  error: z.string().optional(),
  created_at: z.date(),
});

/** One event for one webhook, and what became of it. */
export type Delivery = z.infer<typeof deliverySchema>;

/** One request to an endpoint. */
export type DeliveryTry = z.infer<typeof trySchema>;

/** A delivery as queries return it. */
export const deliveryViewSchema = z.object({
  id: idSchema.describe('The webhook-id of its requests, the same each time.'),
  webhook_id: idSchema,
  session_id: idSchema,
  type: webhookEventSchema,
  attempt: z.int().describe('The attempt of the session that the event is about.'),
  timestamp: time.describe('When it happened.'),
  status: z.enum(STATUSES),
  tries: z
    .array(
      z.object({
        at: time,
        duration_ms: count,
        status: z.int().optional().describe('The HTTP status that was answered.'),
        error: z.string().optional(),
      }),
    )
    .describe(`The last ${TRIES_KEPT} requests.`),
  next_try_at: time.optional(),
  error: z.string().optional().describe('Why it failed for good.'),
  created_at: time,
});

/** A delivery as queries return it. */
export type DeliveryView = z.infer<typeof deliveryViewSchema>;

/** What happened to a session that a webhook is told of. */
export type SessionEvent = Pick<
  Delivery,
  'session_id' | 'session_created_at' | 'type' | 'attempt' | 'at'
>;

/** The id of the delivery of an event to a webhook: the same however often it is said. */
export function deliveryId(webhookId: string, event: Omit<SessionEvent, 'at'>): string {
  const session = `${event.session_id} ${event.session_created_at.getTime()}`;
  return v5(`${webhookId} ${session} ${event.type} ${event.attempt}`, NAMESPACE);
}

/** The view of a delivery. */
export function toDeliveryView(delivery: Delivery): DeliveryView {
  const { round: _round, tries_made: _made, session_created_at: _created, ...rest } = delivery;
  const { at, next_try_at, ...facts } = rest;
  return {
    ...facts,
    timestamp: at.toISOString(),
    tries: delivery.tries.map((one) => ({ ...one, at: one.at.toISOString() })),
    ...defined({ next_try_at: next_try_at?.toISOString() }),
    created_at: delivery.created_at.toISOString(),
  };
}
