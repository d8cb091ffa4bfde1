import type { JobsOptions } from 'bullmq';
import type { Job } from '../model/job.ts';

const DAY_S = 24 * 3600;

/** A job as the queue holds it: `data` is whatever its producer wrote. */
export interface FoundJob {
  id: string;
  data: unknown;
  timestamp: number;
}

/** The options of every session's job: tried by Baton's rules, never by BullMQ's (bullmq section 5). */
export function jobOptions(job: Job, now: number): JobsOptions {
  const delay = job.not_before === undefined ? 0 : Date.parse(job.not_before) - now;
  return {
    jobId: job.id,
    attempts: 1,
    removeOnComplete: { age: DAY_S, count: 10_000 },
    removeOnFail: { age: 7 * DAY_S, count: 10_000 },
    ...(job.priority ? { priority: job.priority } : {}),
    ...(delay > 0 ? { delay } : {}),
  };
}
