import type { JobsOptions } from 'bullmq';
import { DELAY_MAX_MS } from '../model/config/session-options.ts';
import type { Job } from '../model/job/job.ts';
import { defined } from '../model/schema/defined.ts';
import { timeSchema } from '../model/schema/time.ts';
import { buildKeptOptions } from './kept-jobs.ts';

/** A job as the queue holds it. `data` is what its producer wrote, and may have any form. */
export interface FoundJob {
  id: string;
  data: unknown;
  timestamp: number;
}

/** Returns when a job was created. This is the `created_at` of its session. */
export function getCreationTime({ data, timestamp }: FoundJob): Date {
  const named = timeSchema.safeParse((data as { created_at?: unknown } | null)?.created_at);
  return new Date(named.data ?? timestamp);
}

/**
 * Returns the BullMQ options of a session's job. BullMQ runs the job once, because Baton has its
 * own rules for retries. A job for a time beyond the longest delay becomes ready early, and the
 * worker that processes it delays it again.
 */
export function buildJobOptions(job: Job, now: number): JobsOptions {
  const until = job.not_before === undefined ? 0 : Date.parse(job.not_before) - now;
  const delay = Math.min(job.delay_ms ?? until, DELAY_MAX_MS);
  return {
    jobId: job.id,
    attempts: 1,
    ...buildKeptOptions(),
    ...defined({
      priority: job.priority || undefined,
      delay: delay > 0 ? delay : undefined,
    }),
  };
}
