// Reports the outcome of a job to BullMQ, which takes a result as a value and every other outcome as an error.
import { type Logger, withDeadline } from '@baton/core/internal';
import { DelayedError, type Job, UnrecoverableError, WaitingError } from 'bullmq';
import type { JobOutcome } from './job-outcome.ts';

/** How long a process that stops waits for Redis to take a job back, in milliseconds. */
const LAST_MOVE_TIMEOUT_MS = 3_000;

/** What is needed to move a job in its queue. */
export interface SettleOptions {
  queue: string;
  /** Says whether the process stops: then a job is not moved for longer than three seconds. */
  isStopping(): boolean;
  log: Logger;
}

/**
 * Settles a job that this worker has locked with `token`: returns the result of a job that is done, and for
 * any other outcome throws the error of BullMQ that stands for it.
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

// A job whose lock was lost is another worker's to move. BullMQ finds a job stalled that could not be moved,
// so a process that stops does not wait for a Redis that is away.
async function move(
  job: Job,
  act: () => Promise<unknown>,
  { queue, isStopping, log }: SettleOptions,
): Promise<void> {
  const settling = isStopping() ? withDeadline(LAST_MOVE_TIMEOUT_MS, act) : act();
  await settling.catch((error: unknown) =>
    log.warn({ err: error, queue, job_id: job.id }, 'the job could not be moved'),
  );
}
