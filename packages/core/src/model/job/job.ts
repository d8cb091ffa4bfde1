import { z } from 'zod';
import { overridesSchema } from '../config/continue-config.ts';
import { checkOptionConflicts } from '../config/option-conflicts.ts';
import { sessionConfigSchema } from '../config/session-config.ts';
import { jobOptionsSchema } from '../config/session-options.ts';
import { onBusySchema } from '../config/waiting-for.ts';
import { AppError } from '../errors/app-error.ts';
import { idSchema } from '../schema/id.ts';
import { timeSchema } from '../schema/time.ts';

/** The queue that every session goes through. */
export const SESSION_QUEUE = 'sessions';

/** The prefix of Baton's keys in Redis. */
export const QUEUE_PREFIX = 'baton';

/** The largest job payload in bytes of JSON, the prompt included. */
export const JOB_MAX_BYTES = 1024 * 1024;

const envelope = {
  version: z.literal(1),
  id: idSchema.describe('Equal to the BullMQ job id.'),
  run_id: idSchema.optional().describe('Default: the id.'),
  created_at: timeSchema.optional().describe("Default: the job's timestamp."),
  config_hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .describe(
      'SHA-256 of the request as it was sent, where its secrets were sealed since. Default: of this payload.',
    ),
  ...jobOptionsSchema.shape,
};

/** A job that launches a session. */
export const launchJobSchema = z
  .strictObject({ ...envelope, kind: z.literal('launch'), config: sessionConfigSchema })
  .superRefine(checkOptionConflicts(({ config }) => config.recovery));

/** A job that continues a session. */
export const continueJobSchema = z
  .strictObject({
    ...envelope,
    kind: z.literal('continue'),
    parent_session_id: idSchema,
    on_busy: onBusySchema.optional(),
    overrides: overridesSchema,
  })
  .superRefine(checkOptionConflicts(({ overrides }) => overrides.recovery));

/** The payload of a job in the queue `sessions`: any BullMQ client in any language may add one. */
export const jobSchema = z.discriminatedUnion('kind', [launchJobSchema, continueJobSchema]);

/** A job that launches a session. */
export type LaunchJob = z.infer<typeof launchJobSchema>;

/** A job that continues a session. */
export type ContinueJob = z.infer<typeof continueJobSchema>;

/** The payload of a job. */
export type Job = z.infer<typeof jobSchema>;

/** Refuses a job of more than 1 MiB with PAYLOAD_TOO_LARGE. */
export function checkSize(job: Job): void {
  if (jsonBound(job) <= JOB_MAX_BYTES) return;
  const bytes = Buffer.byteLength(JSON.stringify(job));
  if (bytes <= JOB_MAX_BYTES) return;
  throw new AppError(
    'PAYLOAD_TOO_LARGE',
    `expected a job of at most ${JOB_MAX_BYTES} bytes, got ${bytes}`,
    { details: { limit: JOB_MAX_BYTES, bytes } },
  );
}

// No JSON of the value is longer: a character takes six bytes at the most (\u0000), a number 25. Nearly
// every job is far below the limit, and need not be written out to see that.
function jsonBound(value: unknown): number {
  if (typeof value === 'string') return value.length * 6 + 3;
  if (typeof value !== 'object' || value === null) return 26;
  let bytes = 3;
  // By their keys: what a schema has parsed is slow to go through with for...in.
  for (const key of Object.keys(value)) {
    bytes += key.length * 6 + 4 + jsonBound((value as Record<string, unknown>)[key]);
  }
  return bytes;
}
