import { featuresOf, mergeRequiredFeatures } from '../config/required-features.ts';
import type { SessionConfig } from '../config/session-config.ts';
import { defined } from '../schema/defined.ts';
import type { Session } from '../session/session.ts';
import { NO_TOTALS } from '../session/totals.ts';
import { configHash } from './config-hash.ts';
import type { Job } from './job.ts';
import { firstWait } from './waiting.ts';

/** Returns the fields with which every session begins, as a new object for each session. */
export function blankSession() {
  return {
    status: 'queued',
    attempts: [],
    counts: { retries: 0, crashes: 0, hand_backs: 0, host_failures: 0 },
    lease: { fence: 0 },
    last_event_seq: 0,
    transcript: { files: [] },
    totals: { ...NO_TOTALS },
  } satisfies Partial<Session>;
}

/** A job whose `created_at` and `run_id` are filled in. */
export type AcceptedJob<T extends Job> = T & { created_at: string; run_id: string };

/** What a new session takes from other sessions, in addition to a config. */
export type SessionOrigin = Pick<
  Session,
  'continues_at' | 'rerun_of' | 'sealed_for' | 'conversation_key'
>;

/**
 * Returns the job with its defaults filled in. `timestamp` is the time at which the job was added
 * to the queue, in milliseconds.
 */
export function acceptJob<T extends Job>(job: T, timestamp: number): AcceptedJob<T> {
  return {
    ...job,
    run_id: job.run_id ?? job.id,
    created_at: job.created_at ?? new Date(timestamp).toISOString(),
  };
}

/**
 * Returns the document of an accepted job. `requested` is the config of a launch, or for a continue
 * the parent's config with the overrides applied. `origin` says from which event of the parent the
 * session continues, if that is not the last, and from which other session it takes its config.
 */
export function queuedSession(
  job: AcceptedJob<Job>,
  requested: SessionConfig,
  parent?: Session,
  origin: SessionOrigin = {},
): Session {
  const createdAt = new Date(job.created_at);
  const notBefore = timeOf(job);
  const wait = firstWait(job, {
    parent,
    isDelayed: notBefore !== undefined && notBefore > createdAt,
  });
  const config = withAttempts(requested, job.attempts);
  const root = parent?.root_session_id ?? job.id;
  return {
    ...blankSession(),
    id: job.id,
    run_id: job.run_id,
    kind: job.kind,
    start_time: createdAt,
    created_at: createdAt,
    updated_at: createdAt,
    query: config.query,
    ...defined({ model: config.model }),
    config,
    config_hash: configHash(job),
    root_session_id: root,
    // A launch runs under its own id in the CLI, and its continues keep that id until a /clear begins a new
    // conversation. A parent's /clear may not be known yet, so the worker later stores the id that it resumes.
    claude_session_id: root,
    ...defined({ parent_session_id: parent?.id, ...origin }),
    priority: job.priority ?? 0,
    ...defined({
      title: job.title,
      tags: job.tags,
      metadata: job.metadata,
      concurrency_key: job.concurrency_key,
      concurrency_limit: job.concurrency_limit,
      limits: job.limits?.length ? job.limits : undefined,
      on_limit: job.on_limit,
      api_key_id: job.api_key_id,
      schedule_id: job.schedule_id,
      requires: mergeRequiredFeatures(
        { requires: [...(job.requires ?? []), ...featuresOf(config)] },
        parent,
      ),
      on_busy: job.kind === 'continue' ? job.on_busy : undefined,
      waiting_for: wait,
      not_before: notBefore,
    }),
  };
}

function timeOf({ not_before, delay_ms, created_at }: AcceptedJob<Job>): Date | undefined {
  if (not_before !== undefined) return new Date(not_before);
  return delay_ms ? new Date(Date.parse(created_at) + delay_ms) : undefined;
}

// The first attempt is not a retry. The other fields of an inherited `recovery` stay as they are.
function withAttempts(config: SessionConfig, attempts: number | undefined): SessionConfig {
  if (attempts === undefined) return config;
  return { ...config, recovery: { ...config.recovery, max_retries: attempts - 1 } };
}
