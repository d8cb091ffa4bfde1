import { z } from 'zod';
import { idSchema } from '../schema/id.ts';
import { timeSchema } from '../schema/time.ts';
import { onLimitSchema } from './on-limit.ts';
import { requiredFeaturesSchema } from './required-features.ts';

const METADATA_MAX_BYTES = 16 * 1024;

// BullMQ's largest priority; lower comes first, 0 means none and comes before all.
const PRIORITY_MAX = 2_097_151;

const DAY_MS = 24 * 3600 * 1000;

/** The longest that a session may be put off, in milliseconds. */
export const DELAY_MAX_MS = 366 * DAY_MS;

// Who holds a slot stands in one document of the key.
const CONCURRENCY_LIMIT_MAX = 1000;

const optionsSchema = z.strictObject({
  title: z.string().min(1).max(200).optional().describe('Shown to people.'),
  tags: z.array(z.string().min(1).max(128)).max(32).optional().describe('Lists filter by them.'),
  metadata: z
    .record(z.string(), z.json())
    .refine(
      (value) => Buffer.byteLength(JSON.stringify(value)) <= METADATA_MAX_BYTES,
      `expected at most ${METADATA_MAX_BYTES} bytes of JSON`,
    )
    .optional()
    .describe("The caller's own JSON, given back as it is. At most 16 KiB."),
  priority: z
    .int()
    .min(0)
    .max(PRIORITY_MAX)
    .optional()
    .describe('0, the default, comes first; then lower before higher.'),
  delay_ms: z
    .int()
    .min(0)
    .max(DELAY_MAX_MS)
    .optional()
    .describe('Not run before so many milliseconds from now; at most 366 days.'),
  attempts: z
    .int()
    .min(1)
    .max(101)
    .optional()
    .describe(
      'How often it is tried in all where its failure is retryable: recovery.max_retries + 1. Not beside that one.',
    ),
  concurrency_key: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe(
      'Sessions of one key run at most `concurrency_limit` at once, first come first served.',
    ),
  concurrency_limit: z
    .int()
    .min(1)
    .max(CONCURRENCY_LIMIT_MAX)
    .optional()
    .describe('How many sessions of its key may be under way when this one joins them; default 1.'),
});

/** What a caller may say of a session beside its config. */
export const sessionOptionsSchema = optionsSchema.extend({
  on_limit: onLimitSchema.optional(),
  run_at: timeSchema
    .optional()
    .describe('Not run before this time; at most 366 days ahead. Not beside delay_ms.'),
});

/** The options that a job carries; `delay_ms` counts from its `created_at`. */
export const jobOptionsSchema = optionsSchema.extend({
  not_before: timeSchema.optional().describe('Not run before this time. Not beside delay_ms.'),
  schedule_id: idSchema.optional().describe('The schedule that launched it.'),
  on_limit: onLimitSchema.optional(),
  limits: z
    .array(z.string().min(1).max(200))
    .max(33)
    .optional()
    .describe(
      'Limits (`key:<id>`, `tag:<tag>`) that it counts under, and waits for: set by the API.',
    ),
  api_key_id: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('The API key whose holder asked for it: set by the API, never from a request.'),
  requires: requiredFeaturesSchema.optional(),
});

/** What a caller may say of a session beside its config. */
export type SessionOptions = z.infer<typeof sessionOptionsSchema>;

/** The options that a job carries. */
export type JobOptions = z.infer<typeof jobOptionsSchema>;
