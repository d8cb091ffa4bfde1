// From what became of a session's job to what becomes of the job in the queue.
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

/** The longest that the queue pauses for an account's limit that named no reset, in milliseconds: such limits count by the minute. */
const MAX_PAUSE_WITHOUT_RESET_MS = 30_000;

/** What a job that has ended keeps as its result; a waiting session has no job for as long as it waits. */
export interface JobResult {
  status: string;
  waiting?: true;
}

/** What finishing a job needs. */
export interface JobFinisherDeps {
  queue: Pick<SessionQueue, 'pause'>;
  admission: Pick<Admission, 'fail'>;
  leaseMs: number;
  log: Logger;
}

/** Decides what the queue does with the jobs of sessions. */
export interface JobFinisher {
  /** Fails a job, and its session, where the error that processing threw would come each time; rethrows any other error. */
  failOrRethrow(job: Job, error: unknown): Promise<JobOutcome<never>>;
  /** Fails a job after its last try, and its session with INTERNAL. */
  giveUp(job: Job, error: unknown): Promise<JobOutcome<never>>;
  /** The job's outcome. Where the operator's account met its limit, the queue is paused first. */
  finish(end: JobEnd): Promise<JobOutcome<JobResult>>;
}

/** Creates what finishes the jobs of sessions. */
export function createJobFinisher({
  queue,
  admission,
  leaseMs,
  log,
}: JobFinisherDeps): JobFinisher {
  // The operator's account is shared: the next session would only meet its limit too. The pause is no longer
  // than the limit itself explains: the backoff of a session that failed often is the session's own.
  async function pauseForAccountLimit(end: JobEnd): Promise<void> {
    if (end.kind !== 'retry' || end.failure.code !== 'RATE_LIMITED' || end.ownAccount) return;
    const { at, failure } = end;
    const most = failure.retry_at ? MAX_PAUSE_MS : MAX_PAUSE_WITHOUT_RESET_MS;
    const ms = Math.min((failure.retry_at ?? at).getTime() - Date.now(), most);
    if (ms > 0) await queue.pause(ms).catch(() => {});
  }

  return {
    async failOrRethrow(job, error) {
      // INTERNAL says that a document could not be read: it may have been read half-way through a repair.
      if (!isAppError(error) || codeFacts(error.code).retryable || error.code === 'INTERNAL') {
        throw error;
      }
      log.error(
        { err: error, job_id: job.id },
        'the job cannot be processed, now or later; it fails in the queue',
      );
      // A document under an id that no job may have would be given a job again and again.
      await admission.fail(job.id ?? '', error);
      return { kind: 'fail', reason: getFailureReason(error) };
    },
    async giveUp(job, error) {
      // Where a worker holds the session, the reconciler gives it another job once that lease has expired.
      await admission.fail(job.id ?? '', error);
      return { kind: 'fail', reason: getFailureReason(error) };
    },
    async finish(end) {
      await pauseForAccountLimit(end);
      return toJobOutcome(end, leaseMs);
    },
  };
}

/** What the queue does with a job that ended so; a job whose session is lost comes back after `leaseMs`, in milliseconds. */
function toJobOutcome(end: JobEnd, leaseMs: number): JobOutcome<JobResult> {
  switch (end.kind) {
    case 'busy':
      return { kind: 'delay', until: end.until };
    case 'handed_back':
      return { kind: 'requeue' };
    case 'host_failure':
      // Another worker takes it at once; this one takes no work until its host was probed.
      if (end.waitMs <= 0) return { kind: 'requeue' };
      return { kind: 'delay', until: Date.now() + end.waitMs };
    case 'retry':
      return { kind: 'delay', until: end.at.getTime() };
    case 'lost':
      // This worker cannot know who holds the session now. If the job is still ours, we ask again later.
      return { kind: 'delay', until: Date.now() + leaseMs };
    case 'waiting':
      return { kind: 'done', result: { status: 'queued', waiting: true } };
    case 'ended':
      if (!end.failure) return { kind: 'done', result: { status: end.status } };
      return { kind: 'fail', reason: `${end.failure.code}: ${end.failure.message}` };
  }
}
