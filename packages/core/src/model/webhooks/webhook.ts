import { z } from 'zod';
import { defined } from '../schema/defined.ts';
import { idSchema } from '../schema/id.ts';
import { webhookEventSchema } from './webhook-event.ts';

const URL_MAX = 2048;

const time = z.iso.datetime();

const url = z
  .string()
  .max(URL_MAX)
  .refine(isPlainHttp, 'expected an http or https URL without user, password or fragment')
  .describe(
    'URL to which Baton sends events. Plain http is allowed only for addresses in WEBHOOK_ALLOWED_ADDRESSES.',
  );

const types = z
  .array(webhookEventSchema)
  .min(1)
  .max(webhookEventSchema.options.length)
  .describe('Types of events to send. Default: all types.');

const tags = z
  .array(z.string().min(1).max(128))
  .min(1)
  .max(32)
  .describe(
    'Tags: Baton sends only events of sessions with at least one of them. Default: events of all sessions.',
  );

const description = z.string().min(1).max(200).describe('Description for human readers.');

/** Schema of the body that creates a webhook. */
export const newWebhookSchema = z.strictObject({
  url,
  types: types.optional(),
  tags: tags.optional(),
  description: description.optional(),
});

/**
 * Schema of the changes to a webhook. An absent key changes nothing, and `null` removes the stored
 * value of the key.
 */
export const webhookChangesSchema = z.strictObject({
  url: url.optional(),
  types: types.nullable().optional(),
  tags: tags.nullable().optional(),
  description: description.nullable().optional(),
  enabled: z
    .boolean()
    .optional()
    .describe(
      '`true` enables the webhook and forgets its failures. `false` stops sending until the webhook is enabled again.',
    ),
});

/**
 * Why a webhook is disabled. `gone`: its endpoint answered 410. `failing`: its endpoint kept
 * failing. `asked`: a caller disabled it.
 */
const DISABLED_CODES = ['gone', 'failing', 'asked'] as const;

/** Schema of a stored webhook. The secret is stored in plain text, because Baton signs every request with it. */
const webhookSchema = z.object({
  id: idSchema,
  url: z.string(),
  types: z.array(webhookEventSchema).optional(),
  tags: z.array(z.string()).optional(),
  description: z.string().optional(),
  enabled: z.boolean(),
  disabled: z
    .object({ code: z.enum(DISABLED_CODES), message: z.string(), at: z.date() })
    .optional(),
  secret: z.string(),
  failures: z.object({ count: z.int(), since: z.date() }).optional(),
  last_delivered_at: z.date().optional(),
  created_at: z.date(),
  updated_at: z.date(),
});

/** A webhook as it is stored. */
export type Webhook = z.infer<typeof webhookSchema>;

/** Schema of a webhook as queries return it, without its secret. */
export const webhookViewSchema = z.object({
  id: idSchema,
  url: z.string(),
  types: z.array(webhookEventSchema).optional(),
  tags: z.array(z.string()).optional(),
  description: z.string().optional(),
  enabled: z.boolean(),
  disabled: z
    .object({
      code: z
        .enum(DISABLED_CODES)
        .describe(
          '`gone`: the endpoint answered 410. `failing`: every request failed for too long. `asked`: a caller disabled it.',
        ),
      message: z.string(),
      at: time,
    })
    .optional()
    .describe('Why the webhook is disabled.'),
  failures: z
    .object({ count: z.int(), since: time })
    .optional()
    .describe('Failed requests since the last successful one.'),
  last_delivered_at: time.optional(),
  created_at: time,
  updated_at: time,
});

/**
 * Schema of the response to the creation of a webhook, the only response that contains its secret.
 */
export const madeWebhookSchema = webhookViewSchema.extend({
  secret: z
    .string()
    .describe('Secret that signs the requests (`whsec_…`). Only this response contains it.'),
});

/** A webhook as queries return it. */
export type WebhookView = z.infer<typeof webhookViewSchema>;

/** The body that creates a webhook. */
export type NewWebhook = z.infer<typeof newWebhookSchema>;

/** Changes to a webhook. */
export type WebhookChanges = z.infer<typeof webhookChangesSchema>;

/** Returns the view of a webhook. */
export function toWebhookView(webhook: Webhook): WebhookView {
  const { secret: _secret, disabled, failures, last_delivered_at, ...facts } = webhook;
  return {
    ...facts,
    ...defined({
      disabled: disabled && { ...disabled, at: disabled.at.toISOString() },
      failures: failures && { ...failures, since: failures.since.toISOString() },
      last_delivered_at: last_delivered_at?.toISOString(),
    }),
    created_at: webhook.created_at.toISOString(),
    updated_at: webhook.updated_at.toISOString(),
  };
}

/** Returns whether a webhook receives events of this type from sessions with these tags. */
export function wantsEvent(
  webhook: Pick<Webhook, 'enabled' | 'types' | 'tags'>,
  type: z.infer<typeof webhookEventSchema>,
  sessionTags: readonly string[] = [],
): boolean {
  if (!webhook.enabled) return false;
  if (webhook.types && !webhook.types.includes(type)) return false;
  return !webhook.tags || webhook.tags.some((tag) => sessionTags.includes(tag));
}

function isPlainHttp(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, hash } = new URL(value);
  return /^https?:$/.test(protocol) && !username && !password && !hash;
}
