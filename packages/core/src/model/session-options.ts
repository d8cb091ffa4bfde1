import { z } from 'zod';
import { timeSchema } from './time.ts';

const METADATA_MAX_BYTES = 16 * 1024;

// BullMQ's largest priority; lower comes first, 0 means none and comes before all (bullmq section 8).
const PRIORITY_MAX = 2_097_151;

/** What a caller may say of a session beside its config. */
export const sessionOptionsSchema = z.strictObject({
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
});

/** The options that a job carries: the caller's, and those that decide when it may run. */
export const jobOptionsSchema = sessionOptionsSchema.extend({
  not_before: timeSchema.optional().describe('Not run before this time.'),
  concurrency_key: z.string().min(1).max(256).optional(),
});

/** What a caller may say of a session beside its config. */
export type JobOptions = z.infer<typeof jobOptionsSchema>;
