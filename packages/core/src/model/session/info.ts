import { z } from 'zod';
import { sessionConfigSchema } from '../config/session-config.ts';
import { waitingForSchema } from '../config/waiting-for.ts';
import { errorCodeSchema } from '../errors/error-codes.ts';
import { defined } from '../schema/defined.ts';
import { idSchema } from '../schema/id.ts';
import { redactConfig } from '../secrets/redact.ts';
import type { Failure } from './failure.ts';
import { toMessageFacts } from './pending-message.ts';
import { resultSchema } from './result.ts';
import type { Session } from './session.ts';
import { isTerminal, sessionStatusSchema } from './status.ts';
import { totalsSchema } from './totals.ts';
import { hasTranscript } from './transcript.ts';
import { toWorkspaceView, workspaceViewSchema } from './workspace.ts';

const time = z.iso.datetime();

/** Schema of why a session failed, as queries return it. */
const failureViewSchema = z.object({
  code: errorCodeSchema,
  message: z.string(),
  retryable: z.boolean(),
  attempt: z.int(),
  at: time,
  field: z.string().optional(),
  api_error_status: z.int().optional(),
  exit_code: z.int().optional(),
  signal: z.string().optional(),
  stderr_tail: z.string().optional(),
  stdout_tail: z
    .string()
    .optional()
    .describe('The last output of the CLI other than events, if stderr was empty.'),
  retry_at: time.optional(),
});

/** Schema of a session as queries return it, in JSON: the seed's Info with Baton's additions. */
export const infoSchema = z.object({
  id: idSchema,
  run_id: z.string(),
  kind: z.enum(['launch', 'continue']),
  status: sessionStatusSchema,
  start_time: time,
  end_time: time.optional(),
  error: z.string().optional(),
  query: z.string(),
  model: z.string().optional(),
  result: resultSchema.optional(),
  stop_reason: z
    .string()
    .optional()
    .describe(
      'Why the model stopped, in the words of the API: `end_turn`, `max_tokens` (the answer is cut), `refusal`, ...',
    ),
  parent_session_id: idSchema.optional(),
  continues_at: z
    .int()
    .optional()
    .describe('The event of the parent after which the session continues, if it is not the last.'),
  rerun_of: idSchema.optional().describe('The session whose config this session runs again.'),
  schedule_id: idSchema.optional().describe('Schedule that launched the session.'),
  api_key_id: z.string().optional().describe('API key that requested the session.'),
  root_session_id: idSchema,
  conversation_key: z
    .string()
    .optional()
    .describe('The key by which callers name the conversation.'),
  claude_session_id: z
    .string()
    .optional()
    .describe("Claude's id of the conversation: the root's id, until a /clear begins a new one."),
  created_at: time,
  updated_at: time,
  started_at: time.optional().describe('When the first attempt began.'),
  title: z.string().optional(),
  tags: z.array(z.string()).optional(),
  metadata: z.record(z.string(), z.json()).optional(),
  priority: z.int(),
  attempt: z.int().describe('Number of the last attempt; 0 before the first.'),
  worker_id: z.string().optional().describe('Worker of the last attempt.'),
  host_failures: z
    .int()
    .optional()
    .describe('Number of attempts that a host kept from starting; absent if there were none.'),
  last_event_seq: z.int(),
  workspace: workspaceViewSchema.optional(),
  totals: totalsSchema,
  failure: failureViewSchema.optional(),
  not_before: time.optional(),
  waiting_for: waitingForSchema.optional(),
  concurrency_key: z.string().optional(),
  concurrency_limit: z.int().optional(),
  stopped_by: z.enum(['interrupt']).optional(),
  queued_messages: z
    .int()
    .optional()
    .describe(
      'Number of messages that the session still has to deliver; absent if there are none.',
    ),
  undelivered_messages: z
    .array(idSchema)
    .optional()
    .describe(
      'Ids of the messages that the session had not delivered when it ended; absent if there are none.',
    ),
  resumable: z.boolean().describe('Whether the session can be continued.'),
  config: sessionConfigSchema
    .optional()
    .describe('The config with secrets redacted; present only if the query includes it.'),
});

/** A session as queries return it, in JSON. */
export type Info = z.infer<typeof infoSchema>;

/** Returns whether a session can be continued: it has ended and has a transcript to resume. */
export function isResumable(session: Session): boolean {
  return (
    isTerminal(session.status) &&
    session.claude_session_id !== undefined &&
    hasTranscript(session.transcript, session.claude_session_id)
  );
}

/** Returns the view of a session, with its redacted config if `include` contains `config`. */
export function toInfo(session: Session, include: readonly 'config'[] = []): Info {
  const last = session.attempts.at(-1);
  return dropUndefined({
    id: session.id,
    run_id: session.run_id,
    kind: session.kind,
    status: session.status,
    start_time: session.start_time.toISOString(),
    end_time: session.end_time?.toISOString(),
    error: session.error,
    query: session.query,
    model: session.model,
    result: session.result,
    stop_reason: session.result?.stop_reason ?? undefined,
    parent_session_id: session.parent_session_id,
    continues_at: session.continues_at?.seq,
    rerun_of: session.rerun_of,
    schedule_id: session.schedule_id,
    api_key_id: session.api_key_id,
    root_session_id: session.root_session_id,
    conversation_key: session.conversation_key,
    claude_session_id: session.claude_session_id,
    created_at: session.created_at.toISOString(),
    updated_at: session.updated_at.toISOString(),
    started_at: session.attempts[0]?.started_at.toISOString(),
    title: session.title,
    tags: session.tags,
    metadata: session.metadata,
    priority: session.priority,
    attempt: session.attempts.length,
    worker_id: last?.worker_id,
    host_failures: session.counts.host_failures || undefined,
    last_event_seq: session.last_event_seq,
    workspace: session.workspace && toWorkspaceView(session.id, session.workspace),
    totals: session.totals,
    failure: session.failure && toFailureView(session.failure),
    not_before: session.not_before?.toISOString(),
    waiting_for: session.waiting_for,
    concurrency_key: session.concurrency_key,
    concurrency_limit: session.concurrency_limit,
    stopped_by: session.stopped_by,
    ...toMessageFacts(session),
    resumable: isResumable(session),
    config: include.includes('config') ? redactConfig(session.config) : undefined,
  });
}

function toFailureView({ at, retry_at, ...facts }: Failure): Info['failure'] {
  return {
    ...facts,
    at: at.toISOString(),
    ...defined({ retry_at: retry_at?.toISOString() }),
  };
}

function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}
