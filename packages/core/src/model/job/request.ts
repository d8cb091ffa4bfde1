// The bodies of the HTTP calls that create sessions: the keys of a config and the options, together in one object.
import type { z } from 'zod';
import { continueAtSchema, overridesSchema } from '../config/continue-config.ts';
import { checkConversationOptions, conversationOptionsSchema } from '../config/conversation-key.ts';
import { checkIgnoredSettings } from '../config/ignored-settings.ts';
import { checkOptionConflicts } from '../config/option-conflicts.ts';
import { promptFields, requestConfigSchema } from '../config/session-config.ts';
import {
  type JobOptions,
  type SessionOptions,
  sessionOptionsSchema,
} from '../config/session-options.ts';
import { onBusySchema } from '../config/waiting-for.ts';
import { checkPrompt } from '../content/check-prompt.ts';
import { idempotencyKeySchema } from './idempotency.ts';

/** Schema of the body of a launch. */
export const launchRequestSchema = requestConfigSchema
  .extend({ ...sessionOptionsSchema.shape, ...conversationOptionsSchema.shape })
  .superRefine(checkPrompt)
  .superRefine(checkOptionConflicts((request) => request))
  .superRefine(checkConversationOptions)
  .superRefine(checkIgnoredSettings);

/**
 * Schema of one launch in a bulk request. The launch itself has the idempotency key, because a
 * header would apply to all launches.
 */
export const bulkLaunchSchema = requestConfigSchema
  .extend({
    ...sessionOptionsSchema.shape,
    ...conversationOptionsSchema.shape,
    idempotency_key: idempotencyKeySchema.optional(),
  })
  .superRefine(checkPrompt)
  .superRefine(checkOptionConflicts((request) => request))
  .superRefine(checkConversationOptions)
  .superRefine(checkIgnoredSettings);

/** Schema of the body of a continue; the path names the parent. */
export const continueRequestSchema = overridesSchema
  .extend({
    ...promptFields,
    ...sessionOptionsSchema.shape,
    on_busy: onBusySchema.optional(),
    at: continueAtSchema.optional(),
  })
  .superRefine(checkPrompt)
  .superRefine(checkOptionConflicts((request) => request))
  .superRefine(checkIgnoredSettings);

/** One launch in a bulk request. */
export type BulkLaunch = z.infer<typeof bulkLaunchSchema>;

/** Splits the body of a request into the config (or the overrides) and the options that its job carries. */
export function splitRequest<T extends SessionOptions>(
  request: T,
): {
  config: Omit<T, keyof SessionOptions>;
  options: JobOptions & Pick<SessionOptions, 'on_limit'>;
} {
  const {
    title,
    tags,
    metadata,
    priority,
    delay_ms,
    run_at,
    attempts,
    concurrency_key,
    concurrency_limit,
    on_limit,
    ...config
  } = request;
  const options: JobOptions & Pick<SessionOptions, 'on_limit'> = {
    title,
    tags,
    metadata,
    priority,
    delay_ms,
    not_before: run_at,
    attempts,
    concurrency_key,
    concurrency_limit,
    on_limit,
  };
  return { config, options };
}
