import type { KeepJobs } from 'bullmq';

const DAY_S = 24 * 3600;

/** How many jobs that ended a queue keeps. */
export interface KeptJobs {
  completed: number;
  failed: number;
}

/** The default: what a dashboard shows of the last hours. Sessions themselves are in MongoDB. */
export const DEFAULT_KEPT: KeptJobs = { completed: 1_000, failed: 1_000 };

/**
 * BullMQ's options for what is kept: completed jobs for a day and failed ones for a week at the most, and
 * no more than these counts. A count of 0 keeps none.
 */
export function buildKeptOptions({ completed, failed }: KeptJobs = DEFAULT_KEPT): {
  removeOnComplete: KeepJobs;
  removeOnFail: KeepJobs;
} {
  return {
    removeOnComplete: completed === 0 ? { count: 0 } : { age: DAY_S, count: completed },
    removeOnFail: failed === 0 ? { count: 0 } : { age: 7 * DAY_S, count: failed },
  };
}
