import { v5 } from 'uuid';
import { z } from 'zod';
import { defined } from '../schema/defined.ts';
import { idSchema } from '../schema/id.ts';
import { webhookEventSchema } from './webhook-event.ts';

const time = z.iso.datetime();

/** How many requests the log of a delivery keeps. */
export const TRIES_KEPT = 20;

// A fixed random UUID. It must never change, because the ids of deliveries are derived from it.
const NAMESPACE = '0d6b0c1e-6a3f-5b1d-9c55-8f7b8f6f2a11';

const count = z.int().nonnegative();

const STATUSES = ['pending', 'delivered', 'failed'] as const;

const trySchema = z.object({
  at: z.date(),
  duration_ms: count,
  status: z.int().optional(),
  error: z.string().optional(),
});

/** Schema of a delivery: one event for one webhook, with its requests. */
const deliverySchema = z.object({
  id: idSchema,
  webhook_id: idSchema,
  session_id: idSchema,
  /** Distinguishes the session from a deleted session with the same id. */
  session_created_at: z.date(),
  type: webhookEventSchema,
  attempt: count,
  at: z.date(),
  /** The message that the event is about, if it is about a message. */
  message_id: idSchema.optional(),
  status: z.enum(STATUSES),
  /** Raised by each redelivery. A job of an older round does nothing. */
  round: count,
  tries_made: count,
  tries: z.array(trySchema),
  next_try_at: z.date().optional(),
  error: z.string().optional(),
  created_at: z.date(),
});

/** A delivery: one event for one webhook, with its requests. */
export type Delivery = z.infer<typeof deliverySchema>;

/** One request to an endpoint. */
export type DeliveryTry = z.infer<typeof trySchema>;

/** Schema of a delivery as queries return it. */
export const deliveryViewSchema = z.object({
  id: idSchema.describe('Id of the delivery; each of its requests has it as `webhook-id`.'),
  webhook_id: idSchema,
  session_id: idSchema,
  type: webhookEventSchema,
  attempt: z.int().describe('Number of the attempt that caused the event; 0 before the first.'),
  timestamp: time.describe('When the event happened.'),
  message_id: idSchema
    .optional()
    .describe('The message that the event is about; absent for events of sessions.'),
  status: z.enum(STATUSES),
  tries: z
    .array(
      z.object({
        at: time,
        duration_ms: count,
        status: z.int().optional().describe('HTTP status of the response.'),
        error: z.string().optional(),
      }),
    )
    .describe(`The last ${TRIES_KEPT} requests of the delivery.`),
  next_try_at: time.optional(),
  error: z.string().optional().describe('Why Baton gave the delivery up.'),
  created_at: time,
});

/** A delivery as queries return it. */
export type DeliveryView = z.infer<typeof deliveryViewSchema>;

/**
 * A status change of a session, or what became of one of its messages, as an event for webhooks.
 */
export type SessionEvent = Pick<
  Delivery,
  'session_id' | 'session_created_at' | 'type' | 'attempt' | 'at' | 'message_id'
>;

/** Returns the id of the delivery of an event to a webhook. The same event and webhook always give the same id. */
export function deliveryId(webhookId: string, event: Omit<SessionEvent, 'at'>): string {
  const session = `${event.session_id} ${event.session_created_at.getTime()}`;
  const message = event.message_id === undefined ? '' : ` ${event.message_id}`;
  return v5(`${webhookId} ${session} ${event.type} ${event.attempt}${message}`, NAMESPACE);
}

/** Returns the view of a delivery. */
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
