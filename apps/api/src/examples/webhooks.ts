import type {
  deliveryViewSchema,
  madeWebhookSchema,
  newWebhookSchema,
  webhookChangesSchema,
  webhookViewSchema,
} from '@baton/core/internal';
import type { z } from 'zod';
import type { OperationExamples } from './example.ts';
import { DELIVERY, SESSION, WEBHOOK } from './ids.ts';

const requested = {
  url: 'https://shop.example.com/hooks/baton',
  types: ['session.completed', 'session.failed'],
  tags: ['support'],
  description: 'Closes tickets',
} satisfies z.input<typeof newWebhookSchema>;

const stored = {
  id: WEBHOOK,
  ...requested,
  enabled: true,
  created_at: '2026-11-02T08:30:00.000Z',
  updated_at: '2026-11-02T08:30:00.000Z',
} satisfies z.infer<typeof webhookViewSchema>;

const used = { ...stored, last_delivered_at: '2026-11-24T09:00:26.804Z' } satisfies z.infer<
  typeof webhookViewSchema
>;

const disabled = {
  ...stored,
  enabled: false,
  disabled: {
    code: 'gone',
    message: 'it answered 410',
    at: '2026-11-24T09:00:26.804Z',
  },
} satisfies z.infer<typeof webhookViewSchema>;

const delivered = {
  id: DELIVERY,
  webhook_id: WEBHOOK,
  session_id: SESSION,
  type: 'session.completed',
  attempt: 1,
  timestamp: '2026-11-24T09:00:26.118Z',
  status: 'delivered',
  tries: [
    { at: '2026-11-24T09:00:26.240Z', duration_ms: 31, status: 503 },
    { at: '2026-11-24T09:00:31.702Z', duration_ms: 24, status: 204 },
  ],
  created_at: '2026-11-24T09:00:26.121Z',
} satisfies z.infer<typeof deliveryViewSchema>;

const pending = {
  ...delivered,
  status: 'pending',
  next_try_at: '2026-11-24T11:12:00.000Z',
} satisfies z.infer<typeof deliveryViewSchema>;

/** The examples of the operations on webhooks and their deliveries. */
export const webhooks: Record<string, OperationExamples> = {
  createWebhook: {
    body: {
      filtered: { summary: 'Only completed and failed sessions with a tag', value: requested },
      all: {
        summary: 'All events of all sessions',
        value: { url: 'https://ops.example.com/baton' } satisfies z.input<typeof newWebhookSchema>,
      },
    },
    responses: {
      201: {
        made: {
          summary: 'The new webhook, with its secret (shortened here)',
          value: { ...stored, secret: 'whsec_…' } satisfies z.infer<typeof madeWebhookSchema>,
        },
      },
    },
  },
  listWebhooks: {
    responses: { 200: { one: { summary: 'All webhooks', value: { webhooks: [used] } } } },
  },
  getWebhook: {
    responses: {
      200: {
        used: { summary: 'An enabled webhook', value: used },
        disabled: {
          summary: 'A webhook that is disabled because it answered 410',
          value: disabled,
        },
      },
    },
  },
  changeWebhook: {
    body: {
      enable: {
        summary: 'Enable the webhook again',
        value: { enabled: true } satisfies z.input<typeof webhookChangesSchema>,
      },
      all: {
        summary: 'Stop filtering by tags',
        value: { tags: null } satisfies z.input<typeof webhookChangesSchema>,
      },
    },
    responses: { 200: { changed: { summary: 'The changed webhook', value: stored } } },
  },
  deleteWebhook: {
    responses: { 200: { removed: { summary: 'The removed webhook', value: used } } },
  },
  listDeliveries: {
    responses: {
      200: {
        last: { summary: 'The last page', value: { deliveries: [delivered] } },
      },
    },
  },
  redeliver: {
    responses: { 202: { pending: { summary: 'Baton sends the delivery again', value: pending } } },
  },
};
