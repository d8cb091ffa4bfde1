// Processes a job and returns its outcome. If processing throws, the error decides whether the job is
// tried again.
import { checkFeatures, getUnknownFeatures, isStoreAway, type Logger } from '@baton/core/internal';
import type { Job } from 'bullmq';
import { getFailureReason } from './failure-reason.ts';
import { createFeatureDelay } from './feature-delay.ts';
import type { JobOutcome } from './job-outcome.ts';

/**
 * How long a job waits after it met an unavailable store, in milliseconds. After any other error,
 * the wait doubles with each try.
 */
const RETRY_DELAY_MS = 2_000;

/**
 * How many times in a row a worker processes a job that throws an error although the stores answer.
 * Such an error usually comes from stored data or from a bug in Baton, so it comes back with each
 * try. The second and third try rule out that the worker read a document while it was being
 * written.
 */
const MAX_TRIES = 3;

/**
 * For how many jobs the failed tries are counted. When one more job fails, all counts start again
 * from zero.
 */
const REMEMBERED = 10_000;

/** How the jobs of one queue are processed. */
export interface JobRunnerOptions<Result> {
  queue: string;
  /**
   * Processes a job; not called for a job that requires a newer version. If it throws, the job is tried
   * again: every two seconds while a store is unavailable, and after growing delays of up to five minutes
   * for an UnknownFeaturesError. Any other error is tried three times in all.
   */
  process(job: Job): Promise<JobOutcome<Result>>;
  /** Decides the outcome of a job after its third failed try. Default: the job fails in the queue. */
  giveUp?(job: Job, error: unknown): Promise<JobOutcome<Result>>;
}

/** Returns the function that processes a job. It resolves to the outcome and never rejects. */
export function createJobRunner<Result>(
  options: JobRunnerOptions<Result>,
  log: Logger,
): (job: Job) => Promise<JobOutcome<Result>> {
  const { queue } = options;
  const leaveToNewer = createFeatureDelay(log);
  const tries = new Map<string, number>();

  function retryLater(job: Job, error: unknown, delayMs = RETRY_DELAY_MS): JobOutcome<Result> {
    const facts = { err: error, queue, job_id: job.id, retry_in_ms: delayMs };
    log.warn(facts, 'a job could not be processed, trying again');
    return { kind: 'delay', until: Date.now() + delayMs };
  }

  async function giveUp(job: Job, error: unknown): Promise<JobOutcome<Result>> {
    const facts = { err: error, queue, job_id: job.id };
    log.error(facts, `a job could not be processed in ${MAX_TRIES} tries, giving up`);
    const outcome = options.giveUp
      ? await options.giveUp(job, error).catch((failed: unknown) => retryLater(job, failed))
      : ({ kind: 'fail', reason: getFailureReason(error) } as const);
    if (outcome.kind !== 'delay') tries.delete(job.id ?? '');
    return outcome;
  }

  // The features are checked before the job is validated: this version may be unable to parse a newer job.
  return async (job) => {
    const id = job.id ?? '';
    try {
      checkFeatures(job.data);
      const outcome = await options.process(job);
      tries.delete(id);
      return outcome;
    } catch (error) {
      const features = getUnknownFeatures(error);
      if (features) return leaveToNewer(job, features);
      if (isStoreAway(error)) return retryLater(job, error);
      const made = (tries.get(id) ?? 0) + 1;
      if (made < MAX_TRIES) {
        if (tries.size >= REMEMBERED) tries.clear();
        tries.set(id, made);
        return retryLater(job, error, RETRY_DELAY_MS * 2 ** (made - 1));
      }
      return giveUp(job, error);
    }
  };
}
