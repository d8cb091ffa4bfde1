import { z } from 'zod';
import { idSchema } from '../schema/id.ts';
import { timeSchema } from '../schema/time.ts';
import { onLimitSchema } from './on-limit.ts';
import { requiredFeaturesSchema } from './required-features.ts';

const METADATA_MAX_BYTES = 16 * 1024;

// BullMQ's largest priority. BullMQ runs lower numbers first; 0 means no priority and runs before all others.
const PRIORITY_MAX = 2_097_151;

const DAY_MS = 24 * 3600 * 1000;

/** The longest delay of a session's start, in milliseconds. */
export const DELAY_MAX_MS = 366 * DAY_MS;

// One document lists every session that holds a slot of a key, so the list must stay short.
const CONCURRENCY_LIMIT_MAX = 1000;

const optionsSchema = z.strictObject({
  title: z.string().min(1).max(200).optional().describe('Title for human readers.'),
  tags: z
    .array(z.string().min(1).max(128))
    .max(32)
    .optional()
    .describe('Tags by which lists of sessions can be filtered.'),
  metadata: z
    .record(z.string(), z.json())
    .refine(
      (value) => Buffer.byteLength(JSON.stringify(value)) <= METADATA_MAX_BYTES,
      `expected at most ${METADATA_MAX_BYTES} bytes of JSON`,
    )
    .optional()
    .describe('JSON of the caller, at most 16 KiB. Baton returns it unchanged.'),
  priority: z
    .int()
    .min(0)
    .max(PRIORITY_MAX)
    .optional()
    .describe('0 (default) runs first, then lower numbers before higher ones.'),
  delay_ms: z
    .int()
    .min(0)
    .max(DELAY_MAX_MS)
    .optional()
    .describe('Milliseconds to wait before the session may run; at most 366 days.'),
  attempts: z
    .int()
    .min(1)
    .max(101)
    .optional()
    .describe(
      'How many times Baton tries the session in total if its failures are retryable. This is `recovery.max_retries` + 1, and only one of the two may be set.',
    ),
  concurrency_key: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe(
      'At most `concurrency_limit` sessions with the same key are in progress at once. The others wait in order of arrival.',
    ),
  concurrency_limit: z
    .int()
    .min(1)
    .max(CONCURRENCY_LIMIT_MAX)
    .optional()
    .describe(
      'How many sessions with the same key, this one included, may be in progress when this one starts; default 1.',
    ),
});

/** Schema of the options that a caller may set in addition to the config. */
export const sessionOptionsSchema = optionsSchema.extend({
  on_limit: onLimitSchema.optional(),
  run_at: timeSchema
    .optional()
    .describe(
      'Time before which the session does not run, at most 366 days ahead. It cannot be used together with `delay_ms`.',
    ),
});

/** Schema of the options that a job carries; `delay_ms` counts from its `created_at`. */
export const jobOptionsSchema = optionsSchema.extend({
  not_before: timeSchema
    .optional()
    .describe(
      'Time before which the session does not run. It cannot be used together with `delay_ms`.',
    ),
  schedule_id: idSchema.optional().describe('Schedule that launched the session.'),
  on_limit: onLimitSchema.optional(),
  limits: z
    .array(z.string().min(1).max(200))
    .max(33)
    .optional()
    .describe(
      'Limits (`key:<id>`, `tag:<tag>`) under which the session counts, and for which it may wait. The API sets this field.',
    ),
  api_key_id: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe(
      'API key that requested the session. The API sets this field; a request cannot set it.',
    ),
  requires: requiredFeaturesSchema.optional(),
});

/** The options that a caller may set in addition to the config. */
export type SessionOptions = z.infer<typeof sessionOptionsSchema>;

/** The options that a job carries. */
export type JobOptions = z.infer<typeof jobOptionsSchema>;
