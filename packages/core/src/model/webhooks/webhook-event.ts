import { z } from 'zod';
import { idSchema } from '../schema/id.ts';

/**
 * The types of webhook events: the status changes of a session, and what became of its messages.
 */
export const WEBHOOK_EVENTS = [
  'session.started',
  'session.completed',
  'session.failed',
  'session.cancelled',
  'session.retried',
  'message.delivered',
  'message.undelivered',
] as const;

/** Schema of a type of webhook event. */
export const webhookEventSchema = z.enum(WEBHOOK_EVENTS);

/** A type of webhook event. */
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/**
 * Schema of an outbox entry: a webhook event that is not yet sent. `attempt` is 0 before the first
 * attempt. `message_id` is present only if the event is about a message.
 */
export const outboxEntrySchema = z.object({
  type: webhookEventSchema,
  attempt: z.int().nonnegative(),
  at: z.date(),
  message_id: idSchema.optional(),
});

/** A webhook event that is not yet sent. */
export type OutboxEntry = z.infer<typeof outboxEntrySchema>;

/** Returns the type of event for the final status of a session. */
export function endingEvent(status: 'completed' | 'failed' | 'cancelled'): WebhookEvent {
  return `session.${status}`;
}

const ENDING_EVENTS: readonly WebhookEvent[] = [
  'session.completed',
  'session.failed',
  'session.cancelled',
];

/** Returns whether an event says that a session has ended. */
export function isEndingEvent(type: WebhookEvent): boolean {
  return ENDING_EVENTS.includes(type);
}
