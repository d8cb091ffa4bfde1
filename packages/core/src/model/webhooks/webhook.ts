import { z } from 'zod';
import { defined } from '../schema/defined.ts';
import { idSchema } from '../schema/id.ts';
import { webhookEventSchema } from './webhook-event.ts';

const URL_MAX = 2048;

const time = z.iso.datetime();

const url = z
  .string()
  .max(URL_MAX)
  .refine(isPlainHttp, 'expected an http(s) address without user, password or fragment')
  .describe(
    'Where events are sent. Plain http only to addresses that WEBHOOK_ALLOWED_ADDRESSES names.',
  );

const types = z
  .array(webhookEventSchema)
  .min(1)
  .max(webhookEventSchema.options.length)
  .describe('Only events of these types; absent: of all.');

const tags = z
  .array(z.string().min(1).max(128))
  .min(1)
  .max(32)
  .describe('Only of sessions that bear one of these tags; absent: of all.');

const description = z.string().min(1).max(200).describe('Shown to people.');

/** What a caller says of a new webhook. */
export const newWebhookSchema = z.strictObject({
  url,
  types: types.optional(),
  tags: tags.optional(),
  description: description.optional(),
});

/** What a caller may change of a webhook: absent stays, `null` clears. */
export const webhookChangesSchema = z.strictObject({
  url: url.optional(),
  types: types.nullable().optional(),
  tags: tags.nullable().optional(),
  description: description.nullable().optional(),
  enabled: z
    .boolean()
    .optional()
    .describe('true forgets the failures so far; false sends nothing until it is true again.'),
});

/** Why a webhook is disabled: its endpoint is gone (410), keeps failing, or somebody asked. */
const DISABLED_CODES = ['gone', 'failing', 'asked'] as const;

/** A webhook as it is stored; the secret is there in clear, for every request is signed with it. */
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

/** A webhook as queries return it: without its secret. */
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
          'gone: it answered 410; failing: every try failed for too long; asked: by PATCH.',
        ),
      message: z.string(),
      at: time,
    })
    .optional()
    .describe('Why nothing is sent.'),
  failures: z
    .object({ count: z.int(), since: time })
    .optional()
    .describe('Tries that failed since the last one that did not.'),
  last_delivered_at: time.optional(),
  created_at: time,
  updated_at: time,
});

/** The answer to the making of a webhook: the one place that shows its secret. */
export const madeWebhookSchema = webhookViewSchema.extend({
  secret: z.string().describe('whsec_…: what requests are signed with. Shown this once.'),
});

/** A webhook as queries return it. */
export type WebhookView = z.infer<typeof webhookViewSchema>;

/** What a caller says of a new webhook. */
export type NewWebhook = z.infer<typeof newWebhookSchema>;

/** What a caller may change of a webhook. */
export type WebhookChanges = z.infer<typeof webhookChangesSchema>;

/** The view of a webhook. */
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

/** Says whether a webhook is told of this event of a session with these tags. */
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
