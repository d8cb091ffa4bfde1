// The bodies of the HTTP calls that make sessions: a config's keys flat, with the options beside them.
import type { z } from 'zod';
import { overridesSchema } from '../config/continue-config.ts';
import { checkOptionConflicts } from '../config/option-conflicts.ts';
import { sessionConfigSchema } from '../config/session-config.ts';
import {
  type JobOptions,
  type SessionOptions,
  sessionOptionsSchema,
} from '../config/session-options.ts';
import { onBusySchema } from '../config/waiting-for.ts';
import { idempotencyKeySchema } from './idempotency.ts';

/** What a launch asks. */
export const launchRequestSchema = sessionConfigSchema
  .extend(sessionOptionsSchema.shape)
  .superRefine(checkOptionConflicts(({ recovery }) => recovery));

/** What one launch of many asks: its key stands beside it, for one header cannot be all of theirs. */
export const bulkLaunchSchema = sessionConfigSchema
  .extend({
    ...sessionOptionsSchema.shape,
    idempotency_key: idempotencyKeySchema.optional(),
  })
  .superRefine(checkOptionConflicts(({ recovery }) => recovery));

/** What a continue asks; the parent stands in the path. */
export const continueRequestSchema = overridesSchema
  .extend({ ...sessionOptionsSchema.shape, on_busy: onBusySchema.optional() })
  .superRefine(checkOptionConflicts(({ recovery }) => recovery));

/** What one launch of many asks. */
export type BulkLaunch = z.infer<typeof bulkLaunchSchema>;

/** A request's config, or overrides, and the options that its job carries. */
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
