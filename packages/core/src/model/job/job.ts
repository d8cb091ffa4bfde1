import { z } from 'zod';
import { continueAtSchema, overridesSchema } from '../config/continue-config.ts';
import { checkOptionConflicts } from '../config/option-conflicts.ts';
import { sessionConfigSchema } from '../config/session-config.ts';
import { jobOptionsSchema } from '../config/session-options.ts';
import { onBusySchema } from '../config/waiting-for.ts';
import { AppError } from '../errors/app-error.ts';
import { idSchema } from '../schema/id.ts';
import { timeSchema } from '../schema/time.ts';

/** The name of the queue that holds all sessions. */
export const SESSION_QUEUE = 'sessions';

/** The default prefix of Baton's keys in Redis. */
export const QUEUE_PREFIX = 'baton';

/** The maximum size of a job's payload, the prompt included, in bytes of JSON. */
export const JOB_MAX_BYTES = 1024 * 1024;

const envelope = {
  version: z.literal(1),
  id: idSchema.describe('Id of the session; the BullMQ job has the same id.'),
  run_id: idSchema.optional().describe('Id that the caller may choose. Default: `id`.'),
  created_at: timeSchema
    .optional()
    .describe('When the session was requested. Default: the timestamp of the BullMQ job.'),
  config_hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .describe(
      'SHA-256 of the request before its secrets were encrypted. Default: the hash of this payload.',
    ),
  ...jobOptionsSchema.shape,
  rerun_of: idSchema
    .optional()
    .describe(
      'The session whose config the new session takes, secrets included. Of the config (or overrides) of the job, only `query` is then used. The job has the kind and the parent of that session. Baton sets this field.',
    ),
};

/** Schema of a job that launches a session. */
export const launchJobSchema = z
  .strictObject({ ...envelope, kind: z.literal('launch'), config: sessionConfigSchema })
  .superRefine(checkOptionConflicts(({ config }) => config, ['config']));

/** Schema of a job that continues a session. */
export const continueJobSchema = z
  .strictObject({
    ...envelope,
    kind: z.literal('continue'),
    parent_session_id: idSchema,
    on_busy: onBusySchema.optional(),
    at: continueAtSchema.optional(),
    overrides: overridesSchema,
  })
  .superRefine(checkOptionConflicts(({ overrides }) => overrides, ['overrides']));

/** Schema of the payload of a job in the queue `sessions`. Any BullMQ client in any language may add such a job. */
export const jobSchema = z.discriminatedUnion('kind', [launchJobSchema, continueJobSchema]);

/** A job that launches a session. */
export type LaunchJob = z.infer<typeof launchJobSchema>;

/** A job that continues a session. */
export type ContinueJob = z.infer<typeof continueJobSchema>;

/** The payload of a job. */
export type Job = z.infer<typeof jobSchema>;

/** Throws PAYLOAD_TOO_LARGE if a job has more than 1 MiB of JSON. */
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

// Returns an upper bound of the bytes of JSON: a character takes at most six bytes (\u0000) and a number at most 25.
// Nearly every job is far below the limit, so this bound usually makes it unnecessary to serialize the job.
function jsonBound(value: unknown): number {
  if (typeof value === 'string') return value.length * 6 + 3;
  if (typeof value !== 'object' || value === null) return 26;
  let bytes = 3;
  // Uses Object.keys because for...in is slow on the objects that a zod schema returns.
  for (const key of Object.keys(value)) {
    bytes += key.length * 6 + 4 + jsonBound((value as Record<string, unknown>)[key]);
  }
  return bytes;
}
