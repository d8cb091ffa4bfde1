import { z } from 'zod';

/** What a webhook tells of: moves of a session. */
export const WEBHOOK_EVENTS = [
  'session.started',
  'session.completed',
  'session.failed',
  'session.cancelled',
  'session.retried',
] as const;

/** A type of event. */
export const webhookEventSchema = z.enum(WEBHOOK_EVENTS);

/** A type of event. */
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** Word of a move that webhooks are still to be told of; it names the attempt, 0 before the first. */
export const outboxEntrySchema = z.object({
  type: webhookEventSchema,
  attempt: z.int().nonnegative(),
  at: z.date(),
});

/** Word of a move that webhooks are still to be told of. */
export type OutboxEntry = z.infer<typeof outboxEntrySchema>;

/** The event of a session's last move. */
export function endingEvent(status: 'completed' | 'failed' | 'cancelled'): WebhookEvent {
  return `session.${status}`;
}
