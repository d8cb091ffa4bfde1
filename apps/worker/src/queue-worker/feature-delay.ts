// Jobs that need a newer worker: they are delayed, and nothing is counted against their sessions.
import { FEATURE_MAX_LENGTH, type Logger } from '@baton/core/internal';
import type { Job } from 'bullmq';
import type { JobOutcome } from './job-outcome.ts';

const FIRST_DELAY_MS = 5_000;
const MAX_DELAY_MS = 5 * 60_000;

/** How many jobs and words are remembered, so that each pair is logged once. */
const REMEMBERED = 10_000;

/**
 * How long a job waits that this worker does not understand, in milliseconds: 5 s at first, twice as long with
 * each time that a worker took the job, at most 5 min. `attempts` is BullMQ's own count in Redis, so the delay
 * survives a restart of the worker.
 */
export function featureDelayMs(attempts: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** Math.max(attempts - 1, 0), MAX_DELAY_MS);
}

/** What delays jobs whose `features` this worker does not understand; logs each word once a job, cut to 64 characters. */
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
    // No schema has seen the job: a word may be of any length.
    for (const feature of features) {
      logOnce(job, feature.slice(0, FEATURE_MAX_LENGTH), delayMs);
    }
    return { kind: 'delay', until: Date.now() + delayMs };
  };
}
