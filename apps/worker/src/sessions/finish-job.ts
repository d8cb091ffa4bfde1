// Decides what the queue does with a session's job when the work on the job has ended.
import {
  type Admission,
  codeFacts,
  isAppError,
  type Logger,
  MAX_PAUSE_MS,
  type SessionQueue,
} from '@baton/core/internal';
import type { Job } from 'bullmq';
import { getFailureReason } from '../queue-worker/failure-reason.ts';
import type { JobOutcome } from '../queue-worker/job-outcome.ts';
import type { JobEnd } from './process-job.ts';

/**
 * The longest pause of the queue after an account limit that named no reset time, in milliseconds.
 * Such a limit counts per minute.
 */
const MAX_PAUSE_WITHOUT_RESET_MS = 30_000;

/** The result that the queue keeps of a completed job. */
export interface JobResult {
  status: string;
  /** The session waits for admission, and has no job until admission adds another job. */
  waiting?: true;
}

/** The dependencies of a job finisher. */
export interface JobFinisherDeps {
  queue: Pick<SessionQueue, 'pause'>;
  admission: Pick<Admission, 'fail'>;
  leaseMs: number;
  log: Logger;
}

/** Decides what the queue does with the jobs of sessions. */
export interface JobFinisher {
  /**
   * Handles an error that processing threw. If no other try can succeed, fails the job and its
   * session; otherwise rethrows the error.
   */
  failOrRethrow(job: Job, error: unknown): Promise<JobOutcome<never>>;
  /** Fails a job after its last try, and fails its session with INTERNAL. */
  giveUp(job: Job, error: unknown): Promise<JobOutcome<never>>;
  /** Returns the job's outcome. If the operator's account met its limit, pauses the queue first. */
  finish(end: JobEnd): Promise<JobOutcome<JobResult>>;
}

/** Creates the job finisher of a session worker. */
export function createJobFinisher({
  queue,
  admission,
  leaseMs,
  log,
}: JobFinisherDeps): JobFinisher {
  // Sessions share the operator's account, so the next session would meet the same limit. The pause
  // lasts only as long as the limit, and does not include the longer backoff of a session that failed often.
  async function pauseForAccountLimit(end: JobEnd): Promise<void> {
    if (end.kind !== 'retry' || end.failure.code !== 'RATE_LIMITED' || end.ownAccount) return;
    const { at, failure } = end;
    const most = failure.retry_at ? MAX_PAUSE_MS : MAX_PAUSE_WITHOUT_RESET_MS;
    const ms = Math.min((failure.retry_at ?? at).getTime() - Date.now(), most);
    if (ms > 0) await queue.pause(ms).catch(() => {});
  }

  return {
    async failOrRethrow(job, error) {
      // INTERNAL: the document was invalid. The worker may have read the document during a repair,
      // so a later try reads it again.
      if (!isAppError(error) || codeFacts(error.code).retryable || error.code === 'INTERNAL') {
        throw error;
      }
      log.error(
        { err: error, job_id: job.id },
        'the job can never be processed, failing the job and its session',
      );
      // If only the job failed, the reconciler would add another job for the session's document
      // again and again.
      await admission.fail(job.id ?? '', error);
      return { kind: 'fail', reason: getFailureReason(error) };
    },
    async giveUp(job, error) {
      // A session that another worker holds is not failed. Once that worker's lease has expired, the
      // reconciler adds another job for the session.
      await admission.fail(job.id ?? '', error);
      return { kind: 'fail', reason: getFailureReason(error) };
    },
    async finish(end) {
      await pauseForAccountLimit(end);
      return toJobOutcome(end, leaseMs);
    },
  };
}

/**
 * Returns what the queue does with a job that ended this way. If the worker lost the session, the job
 * is delayed by `leaseMs` milliseconds.
 */
function toJobOutcome(end: JobEnd, leaseMs: number): JobOutcome<JobResult> {
  switch (end.kind) {
    case 'busy':
      return { kind: 'delay', until: end.until };
    case 'handed_back':
      return { kind: 'requeue' };
    case 'host_failure':
      // Another worker may take the job at once. This worker takes no job until a probe of its host passes.
      if (end.waitMs <= 0) return { kind: 'requeue' };
      return { kind: 'delay', until: Date.now() + end.waitMs };
    case 'retry':
      return { kind: 'delay', until: end.at.getTime() };
    case 'lost':
      // Another worker may hold the session now. The next try finds out.
      return { kind: 'delay', until: Date.now() + leaseMs };
    case 'waiting':
      return { kind: 'done', result: { status: 'queued', waiting: true } };
    case 'ended':
      if (!end.failure) return { kind: 'done', result: { status: end.status } };
      return { kind: 'fail', reason: `${end.failure.code}: ${end.failure.message}` };
  }
}
