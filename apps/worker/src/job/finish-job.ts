// BullMQ's half of a job's end: it is over, it fails, or it moves to where it is taken again.
import {
  codeFacts,
  isAppError,
  type Logger,
  type SessionQueue,
  withDeadline,
} from '@baton/core/internal';
import { DelayedError, type Job, UnrecoverableError, WaitingError } from 'bullmq';
import type { JobEnd } from './process-job.ts';

/** How long a job waits that met an unavailable store, in milliseconds. */
const STORE_AWAY_DELAY_MS = 2_000;

/** The longest that the queue rests for an account's limit before a session tries again, in milliseconds. */
const MAX_SLOW_MS = 5 * 60_000;

/** The same where the limit told no reset: such limits count by the minute. */
const MAX_UNTOLD_MS = 30_000;

/** How long a worker that stops waits for Redis to take a job back, in milliseconds. */
const LAST_MOVE_TIMEOUT_MS = 3_000;

/** What a job is told to have done; a waiting session has no job for as long as it waits. */
export interface JobResult {
  status: string;
  waiting?: true;
}

/** What ending a job needs. */
export interface JobFinisherDeps {
  queue: Pick<SessionQueue, 'pause'>;
  leaseMs: number;
  /** Whether the process stops: then it waits for no Redis that is away. */
  isPaused: () => boolean;
  log: Logger;
}

/** The two ways that a job comes to its end. */
export interface JobFinisher {
  /** What becomes of a job whose taking threw: it waits, or, where no wait helps, this throws. */
  untaken(job: Job, error: unknown): JobEnd;
  /** Ends a job: resolves to its result, or throws what tells BullMQ that it failed or was moved. */
  end(job: Job, token: string | undefined, end: JobEnd): Promise<JobResult>;
}

/** Ends jobs as their sessions' attempts ended. */
export function createJobFinisher({ queue, leaseMs, isPaused, log }: JobFinisherDeps): JobFinisher {
  // The operator's account is everybody's: the next session would only meet its limit too. No longer than
  // the limit itself explains: the pause of a session that failed often is its own.
  async function slowDown({ at, failure, ownAccount }: JobEnd & { kind: 'retry' }): Promise<void> {
    if (ownAccount) return;
    const most = failure.retry_at ? MAX_SLOW_MS : MAX_UNTOLD_MS;
    const ms = Math.min((failure.retry_at ?? at).getTime() - Date.now(), most);
    if (ms > 0) await queue.pause(ms).catch(() => {});
  }

  // A job that we lost meanwhile is another worker's to move; one that stays behind is found stalled, so
  // a worker that stops does not wait for a Redis that is away.
  async function release(job: Job, move: () => Promise<unknown>): Promise<void> {
    const moved = isPaused() ? withDeadline(LAST_MOVE_TIMEOUT_MS, move) : move();
    await moved.catch((error: unknown) =>
      log.warn({ err: error, job_id: job.id }, 'the job could not be moved'),
    );
  }

  return {
    untaken(job, error) {
      if (isAppError(error) && !codeFacts(error.code).retryable) {
        log.error(
          { err: error, job_id: job.id },
          'the job cannot be taken, now or later; it fails in the queue',
        );
        throw new UnrecoverableError(`${error.code}: ${error.message}`);
      }
      log.warn({ err: error, job_id: job.id }, 'the job could not be taken; it waits');
      return { kind: 'busy', until: Date.now() + STORE_AWAY_DELAY_MS };
    },
    async end(job, token, end) {
      switch (end.kind) {
        case 'busy':
          await release(job, () => job.moveToDelayed(end.until, token));
          throw new DelayedError();
        case 'handed_back':
          await release(job, () => job.moveToWait(token));
          throw new WaitingError();
        case 'host_failure':
          // Another worker takes it at once; this one takes no work until its host was probed.
          if (end.waitMs > 0) {
            await release(job, () => job.moveToDelayed(Date.now() + end.waitMs, token));
            throw new DelayedError();
          }
          await release(job, () => job.moveToWait(token));
          throw new WaitingError();
        case 'retry':
          if (end.failure.code === 'RATE_LIMITED') await slowDown(end);
          await release(job, () => job.moveToDelayed(end.at.getTime(), token));
          throw new DelayedError();
        case 'lost':
          // Nobody knows here who holds the session now. If the job is still ours, it asks again later.
          await release(job, () => job.moveToDelayed(Date.now() + leaseMs, token));
          throw new DelayedError();
        case 'waiting':
          return { status: 'queued', waiting: true };
        case 'ended':
          if (!end.failure) return { status: end.status };
          throw new UnrecoverableError(`${end.failure.code}: ${end.failure.message}`);
      }
    },
  };
}
