import { z } from 'zod';
import { sessionConfigSchema } from '../config/session-config.ts';
import { jobOptionsSchema } from '../config/session-options.ts';
import { onBusySchema, waitingForSchema } from '../config/waiting-for.ts';
import { idSchema } from '../schema/id.ts';
import { outboxEntrySchema } from '../webhooks/webhook-event.ts';
import { failureSchema } from './failure.ts';
import { hostFailureSchema } from './host-failures.ts';
import { OUTCOME_KINDS } from './outcome.ts';
import { resultSchema } from './result.ts';
import { sessionStatusSchema } from './status.ts';
import { totalsSchema } from './totals.ts';
import { transcriptManifestSchema } from './transcript.ts';

const count = z.int().nonnegative();

/** One `claude` process for the session, counted from 1. */
const attemptSchema = z.object({
  attempt: z.int().positive(),
  fence: z.int().positive(),
  worker_id: z.string(),
  host: z.string(),
  started_at: z.date(),
  ended_at: z.date().optional(),
  outcome: z.enum(OUTCOME_KINDS).optional(),
  failure: failureSchema.optional(),
  pid: z.int().optional(),
  claude_version: z.string().optional(),
  exit_late_ms: count.optional().describe('How long the CLI lived on after its last result line.'),
});

/** Who may write: a claim raises `fence`; `owner` and `expires_at` are absent while nobody holds it. */
const leaseSchema = z.object({
  fence: count,
  owner: z.string().optional(),
  expires_at: z.date().optional(),
});

/** The session document: one prompt answered, from queued to terminal, then final. */
export const sessionSchema = z.object({
  id: idSchema,
  run_id: z.string(),
  kind: z.enum(['launch', 'continue']),
  status: sessionStatusSchema,
  start_time: z.date().describe('When it was accepted, as in the seed.'),
  end_time: z.date().optional(),
  error: z.string().optional(),
  query: z.string(),
  model: z.string().optional(),
  config: sessionConfigSchema,
  config_hash: z.string().describe('SHA-256 over the request as it was sent.'),
  result: resultSchema.optional(),
  parent_session_id: idSchema.optional(),
  root_session_id: idSchema,
  claude_session_id: z
    .string()
    .optional()
    .describe("Claude's id of the conversation: the root's id, until a /clear begins another."),
  created_at: z.date(),
  updated_at: z.date(),
  ...jobOptionsSchema.omit({ not_before: true, delay_ms: true, attempts: true }).shape,
  priority: count,
  not_before: z.date().optional(),
  waiting_for: waitingForSchema.optional(),
  on_busy: onBusySchema.optional(),
  // The stored name of the claim to reserve the limits of a waiting session (store/limit-waits.ts).
  passing: z
    .object({ token: z.string(), at: z.date() })
    .optional()
    .describe('Which process is reserving its limits, and since when.'),
  attempts: z.array(attemptSchema),
  counts: z.object({
    retries: count,
    crashes: count,
    hand_backs: count,
    host_failures: count.describe('Attempts that the host kept from starting.'),
  }),
  host_failures: z
    .array(hostFailureSchema)
    .optional()
    .describe('The newest attempts that a host kept from starting.'),
  lease: leaseSchema,
  last_event_seq: count,
  last_result: resultSchema.optional(),
  superseded: z.array(z.object({ from: count, to: count })).optional(),
  transcript: transcriptManifestSchema,
  totals: totalsSchema,
  failure: failureSchema.optional(),
  cancel_requested_at: z.date().optional(),
  interrupt_requested_at: z.date().optional(),
  stopped_by: z.enum(['interrupt']).optional(),
  webhooks_due: z.array(outboxEntrySchema).optional(),
});

/** The session document. */
export type Session = z.infer<typeof sessionSchema>;

/** One `claude` process for the session. */
export type Attempt = z.infer<typeof attemptSchema>;
