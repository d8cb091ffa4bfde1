import { z } from 'zod';
import { conversationKeySchema } from '../config/conversation-key.ts';
import { sessionConfigSchema } from '../config/session-config.ts';
import { jobOptionsSchema } from '../config/session-options.ts';
import { onBusySchema, waitingForSchema } from '../config/waiting-for.ts';
import { idSchema } from '../schema/id.ts';
import { outboxEntrySchema } from '../webhooks/webhook-event.ts';
import { continuePointSchema } from './continue-point.ts';
import { failureSchema } from './failure.ts';
import { hostFailureSchema } from './host-failures.ts';
import { OUTCOME_KINDS } from './outcome.ts';
import { pendingMessageSchema } from './pending-message.ts';
import { resultSchema } from './result.ts';
import { sessionStatusSchema } from './status.ts';
import { totalsSchema } from './totals.ts';
import { transcriptManifestSchema } from './transcript.ts';
import { workspaceSchema } from './workspace.ts';

const count = z.int().nonnegative();

/** Schema of an attempt: the work of one worker on the session under one claim. Attempts are counted from 1. */
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
  exit_late_ms: count
    .optional()
    .describe('How long the CLI ran after its last result line, in milliseconds.'),
});

/**
 * Schema of the lease. Each claim raises `fence`; `owner` and `expires_at` are absent while no worker owns the
 * session.
 */
const leaseSchema = z.object({
  fence: count,
  owner: z.string().optional(),
  expires_at: z.date().optional(),
  takes_messages: z
    .boolean()
    .optional()
    .describe('Whether the owner is a worker of a version that takes messages.'),
  takes_content: z
    .boolean()
    .optional()
    .describe('Whether the owner is a worker of a version that takes messages of blocks.'),
});

/** Schema of the session document: one prompt and its answer, from `queued` to a final status. */
export const sessionSchema = z.object({
  id: idSchema,
  run_id: z.string(),
  kind: z.enum(['launch', 'continue']),
  status: sessionStatusSchema,
  start_time: z.date().describe('When Baton accepted the session, as in the seed.'),
  end_time: z.date().optional(),
  error: z.string().optional(),
  query: z.string(),
  model: z.string().optional(),
  config: sessionConfigSchema,
  config_hash: z.string().describe('SHA-256 of the request as the caller sent it.'),
  result: resultSchema.optional(),
  parent_session_id: idSchema.optional(),
  rerun_of: idSchema.optional().describe('The session whose config this session runs again.'),
  sealed_for: z
    .array(idSchema)
    .optional()
    .describe('The sessions for which the sealed values in the config of a rerun were sealed.'),
  continues_at: continuePointSchema
    .optional()
    .describe('Where a continue with `at` begins in its parent.'),
  root_session_id: idSchema,
  claude_session_id: z
    .string()
    .optional()
    .describe("Claude's id of the conversation: the root's id, until a /clear begins a new one."),
  created_at: z.date(),
  updated_at: z.date(),
  ...jobOptionsSchema.omit({ not_before: true, delay_ms: true, attempts: true }).shape,
  priority: count,
  not_before: z.date().optional(),
  waiting_for: waitingForSchema.optional(),
  on_busy: onBusySchema.optional(),
  conversation_key: conversationKeySchema
    .optional()
    .describe('The key by which callers name the conversation of the session.'),
  // The claim on a waiting session. It lets one process at a time reserve the session's limits (store/limit-waits.ts).
  passing: z
    .object({ token: z.string(), at: z.date() })
    .optional()
    .describe("Which process reserves the session's limits, and since when."),
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
  workspace: workspaceSchema.optional(),
  workspace_heir: idSchema
    .optional()
    .describe("The first continue that works on in this session's directory."),
  totals: totalsSchema,
  failure: failureSchema.optional(),
  cancel_requested_at: z.date().optional(),
  interrupt_requested_at: z.date().optional(),
  stopped_by: z.enum(['interrupt']).optional(),
  pending_messages: z
    .array(pendingMessageSchema)
    .optional()
    .describe('The messages that the session has accepted and not delivered, oldest first.'),
  messages_accepted: count.optional().describe('How many messages the session has accepted.'),
  webhooks_due: z.array(outboxEntrySchema).optional(),
});

/** A session document. */
export type Session = z.infer<typeof sessionSchema>;

/** The work of one worker on the session under one claim. */
export type Attempt = z.infer<typeof attemptSchema>;
