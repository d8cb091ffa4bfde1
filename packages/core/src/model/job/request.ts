// The bodies of the HTTP calls that create sessions: the keys of a config and the options, together in one object.
import type { z } from 'zod';
import { continueAtSchema, overridesSchema } from '../config/continue-config.ts';
import { checkOptionConflicts } from '../config/option-conflicts.ts';
import { sessionConfigSchema } from '../config/session-config.ts';
import {
  type JobOptions,
  type SessionOptions,
  sessionOptionsSchema,
} from '../config/session-options.ts';
import { onBusySchema } from '../config/waiting-for.ts';
import { idempotencyKeySchema } from './idempotency.ts';

/** Schema of the body of a launch. */
export const launchRequestSchema = sessionConfigSchema
  .extend(sessionOptionsSchema.shape)
  .superRefine(checkOptionConflicts((request) => request));

/**
 * Schema of one launch in a bulk request. The launch itself has the idempotency key, because a
 * header would apply to all launches.
 */
export const bulkLaunchSchema = sessionConfigSchema
  .extend({
    ...sessionOptionsSchema.shape,
    idempotency_key: idempotencyKeySchema.optional(),
  })
  .superRefine(checkOptionConflicts((request) => request));

/** Schema of the body of a continue; the path names the parent. */
export const continueRequestSchema = overridesSchema
  .extend({
    ...sessionOptionsSchema.shape,
    on_busy: onBusySchema.optional(),
    at: continueAtSchema.optional(),
  })
  .superRefine(checkOptionConflicts((request) => request));

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
