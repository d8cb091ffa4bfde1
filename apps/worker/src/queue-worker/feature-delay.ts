// Delays jobs that need a newer worker. A delay counts neither as a retry nor as a crash of the session.
import { FEATURE_MAX_LENGTH, type Logger } from '@baton/core/internal';
import type { Job } from 'bullmq';
import type { JobOutcome } from './job-outcome.ts';

const FIRST_DELAY_MS = 5_000;
const MAX_DELAY_MS = 5 * 60_000;

/** How many pairs of a job and a feature are remembered, so that each pair is logged once. */
const REMEMBERED = 10_000;

/**
 * Returns how long a job waits if this worker does not understand it, in milliseconds. The delay is
 * 5 s at first, doubles each time a worker takes the job, and is at most 5 min. `attempts` is how
 * many times workers took the job. BullMQ keeps this count in Redis, so a restart of the worker
 * does not reset the delay.
 */
export function featureDelayMs(attempts: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** Math.max(attempts - 1, 0), MAX_DELAY_MS);
}

/**
 * Returns the function that delays a job because this worker does not understand its `features`. It logs
 * each feature once per job, cut to 64 characters.
 */
export function createFeatureDelay(
  log: Logger,
): (job: Job, features: readonly string[]) => JobOutcome<never> {
  const logged = new Set<string>();

  function logOnce(job: Job, feature: string, retry_in_ms: number): void {
    const key = `${job.queueName} ${job.id} ${feature}`;
    if (logged.has(key)) return;
    if (logged.size >= REMEMBERED) logged.clear();
    logged.add(key);
    log.warn(
      { job_id: job.id, queue: job.queueName, feature, retry_in_ms },
      'a job needs a feature that this worker does not have, leaving it in the queue for a newer worker',
    );
  }

  return (job, features) => {
    const delayMs = featureDelayMs(job.attemptsStarted);
    // The job was not validated, so the name of a feature may have any length.
    for (const feature of features) {
      logOnce(job, feature.slice(0, FEATURE_MAX_LENGTH), delayMs);
    }
    return { kind: 'delay', until: Date.now() + delayMs };
  };
}
