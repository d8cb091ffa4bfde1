import type { AppError } from './app-error.ts';
import { configHash } from './config-hash.ts';
import type { Job } from './job.ts';
import type { Session } from './session.ts';
import type { SessionConfig } from './session-config.ts';
import { NO_TOTALS } from './totals.ts';

const BLANK = {
  status: 'queued',
  attempts: [],
  counts: { retries: 0, crashes: 0, hand_backs: 0 },
  lease: { fence: 0 },
  last_event_seq: 0,
  transcript: { files: [] },
  totals: NO_TOTALS,
} as const satisfies Partial<Session>;

/** A job with its defaults filled in. */
export type Accepted<T extends Job> = T & { created_at: string; run_id: string };

/** The document of an accepted job; `config` is the job's own or, for a continue, the merged one. */
export function queuedSession(
  job: Accepted<Job>,
  config: SessionConfig,
  parent?: Session,
): Session {
  const createdAt = new Date(job.created_at);
  const root = parent?.root_session_id ?? job.id;
  return {
    ...structuredClone(BLANK),
    attempts: [],
    id: job.id,
    run_id: job.run_id,
    kind: job.kind,
    start_time: createdAt,
    created_at: createdAt,
    updated_at: createdAt,
    query: config.query,
    ...(config.model === undefined ? {} : { model: config.model }),
    config,
    config_hash: configHash(job),
    root_session_id: root,
    // A launch is given its own id as the CLI's; all through a conversation it stays the root's.
    claude_session_id: root,
    ...(parent ? { parent_session_id: parent.id } : {}),
    priority: job.priority ?? 0,
    ...(job.title === undefined ? {} : { title: job.title }),
    ...(job.tags === undefined ? {} : { tags: job.tags }),
    ...(job.metadata === undefined ? {} : { metadata: job.metadata }),
    ...(job.concurrency_key === undefined ? {} : { concurrency_key: job.concurrency_key }),
    ...(job.not_before === undefined ? {} : { not_before: new Date(job.not_before) }),
  };
}

/**
 * The document of a job that cannot be accepted: what little is known of it, failed from the start. It
 * is never queued, not even for a moment, so that no worker can run half a request.
 */
export function refusedSession(
  found: { id: string; data: unknown; timestamp: number },
  error: AppError,
): Session {
  const createdAt = new Date(found.timestamp);
  const data = record(found.data);
  const query = [record(data['config'])['query'], record(data['overrides'])['query']].find(
    (value) => typeof value === 'string',
  );
  const config = { query: query ?? '' };
  return {
    ...structuredClone(BLANK),
    status: 'failed',
    error: error.message,
    failure: {
      code: error.code,
      message: error.message,
      retryable: false,
      attempt: 0,
      at: createdAt,
      ...(error.details?.field === undefined ? {} : { field: error.details.field }),
    },
    end_time: createdAt,
    attempts: [],
    id: found.id,
    run_id: found.id,
    kind: data['kind'] === 'continue' ? 'continue' : 'launch',
    start_time: createdAt,
    created_at: createdAt,
    updated_at: createdAt,
    query: config.query,
    config,
    config_hash: '',
    root_session_id: found.id,
    priority: 0,
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
