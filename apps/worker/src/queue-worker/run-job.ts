// Turns what happens while a job is processed into an outcome; an error decides whether the job is tried again.
import { checkFeatures, getUnknownFeatures, isStoreAway, type Logger } from '@baton/core/internal';
import type { Job } from 'bullmq';
import { getFailureReason } from './failure-reason.ts';
import { createFeatureDelay } from './feature-delay.ts';
import type { JobOutcome } from './job-outcome.ts';

/** How long a job waits that met an unavailable store, in milliseconds; doubled from try to try after another error. */
const RETRY_DELAY_MS = 2_000;

/**
 * How often a worker processes a job that throws another error, in a row: such an error comes from what is
 * stored or from our own code, and comes each time. Two more tries rule out a document that was being written.
 */
const MAX_TRIES = 3;

/** How many jobs with such errors are counted at a time. */
const REMEMBERED = 10_000;

/** How the jobs of one queue are processed. */
export interface JobRunnerOptions<Result> {
  queue: string;
  /**
   * Processes a job; not called for a job that requires a newer version. Where it throws as a store is away,
   * the job is processed again every two seconds; after an UnknownFeaturesError with growing delays, up to
   * five minutes; after any other error three times at most.
   */
  process(job: Job): Promise<JobOutcome<Result>>;
  /** What becomes of a job that was processed three times in vain; default: it fails in the queue. */
  giveUp?(job: Job, error: unknown): Promise<JobOutcome<Result>>;
}

/** Returns the function that processes a job; it resolves with the outcome, and never rejects. */
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
    log.error(facts, `a job could not be processed ${MAX_TRIES} times in a row, giving up`);
    const outcome = options.giveUp
      ? await options.giveUp(job, error).catch((failed: unknown) => retryLater(job, failed))
      : ({ kind: 'fail', reason: getFailureReason(error) } as const);
    if (outcome.kind !== 'delay') tries.delete(job.id ?? '');
    return outcome;
  }

  // `requires` is read before any schema: this version may not be able to parse a newer job.
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
