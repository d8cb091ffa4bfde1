// Reports the outcome of a job to BullMQ: a result is returned, and every other outcome is thrown.
import { type Logger, withDeadline } from '@baton/core/internal';
import { DelayedError, type Job, UnrecoverableError, WaitingError } from 'bullmq';
import type { JobOutcome } from './job-outcome.ts';

/** How long a stopping process waits for Redis to move a job, in milliseconds. */
const LAST_MOVE_TIMEOUT_MS = 3_000;

/** The options for settling a job. */
export interface SettleOptions {
  queue: string;
  /** Returns true while the process stops. Moving a job in the queue is then limited to three seconds. */
  isStopping(): boolean;
  log: Logger;
}

/**
 * Settles a job that this worker has locked with `token`. Returns the result of a job that is done.
 * For any other outcome, throws the BullMQ error for that outcome.
 */
export async function settleJob<Result>(
  job: Job,
  token: string | undefined,
  outcome: JobOutcome<Result>,
  options: SettleOptions,
): Promise<Result> {
  switch (outcome.kind) {
    case 'done':
      return outcome.result;
    case 'fail':
      throw new UnrecoverableError(outcome.reason);
    case 'delay':
      await move(job, () => job.moveToDelayed(outcome.until, token), options);
      throw new DelayedError();
    case 'requeue':
      await move(job, () => job.moveToWait(token), options);
      throw new WaitingError();
  }
}

// If the lock was lost, another worker moves the job. BullMQ treats a job that could not be moved as
// stalled and processes it again, so a stopping process does not wait long for Redis.
async function move(
  job: Job,
  act: () => Promise<unknown>,
  { queue, isStopping, log }: SettleOptions,
): Promise<void> {
  const settling = isStopping() ? withDeadline(LAST_MOVE_TIMEOUT_MS, act) : act();
  await settling.catch((error: unknown) =>
    log.warn(
      { err: error, queue, job_id: job.id },
      'the job could not be moved in its queue; a worker processes it again',
    ),
  );
}
