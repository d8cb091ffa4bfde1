import type { KeepJobs } from 'bullmq';

const DAY_S = 24 * 3600;

/** How many ended jobs a queue keeps. */
export interface KeptJobs {
  completed: number;
  failed: number;
}

/**
 * How many ended jobs a queue keeps by default: enough for a dashboard to show the last hours. The
 * sessions themselves are in MongoDB.
 */
export const DEFAULT_KEPT: KeptJobs = { completed: 1_000, failed: 1_000 };

/**
 * Returns BullMQ's options for ended jobs. Completed jobs are kept for at most a day, failed jobs
 * for at most a week, and no more than these counts. A count of 0 keeps no jobs.
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
