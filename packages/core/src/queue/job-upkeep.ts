import type { Job as BullJob, JobType, Queue } from 'bullmq';
import type { Job } from '../model/job.ts';
import { type FoundJob, jobOptions } from './queued-job.ts';

/** Jobs that will still be worked on, or are. */
const LIVE: JobType[] = ['wait', 'prioritized', 'delayed', 'waiting-children', 'active'];

/** Jobs that nobody works on yet. */
const WAITING: JobType[] = ['wait', 'prioritized', 'delayed'];

const PAGE = 500;

/** What a reconciler does to the queue. */
export interface JobUpkeep {
  /** The ids of the jobs that nobody works on yet, in pages. */
  waiting(): AsyncGenerator<string[]>;
  /** The job of this id, or null. */
  find(id: string): Promise<FoundJob | null>;
  /** Adds the job unless a live one has its id; a finished leftover is removed first. True if added. */
  restore(job: Job): Promise<boolean>;
  /** Removes a job that nobody works on; harmless where it is gone or was taken. */
  drop(id: string): Promise<void>;
}

/** The upkeep of a queue. */
export function createJobUpkeep(queue: Queue): JobUpkeep {
  async function isLive(job: BullJob): Promise<boolean> {
    const state = await job.getState();
    return LIVE.some((live) => live === state || (live === 'wait' && state === 'waiting'));
  }

  return {
    async *waiting() {
      // From the oldest end, and listed whole before anything is done: pages of a list that moves would skip some.
      const ids: string[] = [];
      for (let from = 0; ; from += PAGE) {
        const page = await queue.getRanges(WAITING, from, from + PAGE - 1, true);
        ids.push(...page.filter((id) => id));
        if (page.length === 0) break;
      }
      for (let from = 0; from < ids.length; from += PAGE) yield ids.slice(from, from + PAGE);
    },
    async find(id) {
      const job = await queue.getJob(id);
      return job ? { id, data: job.data, timestamp: job.timestamp } : null;
    },
    async restore(job) {
      const found = await queue.getJob(job.id);
      if (found) {
        if (await isLive(found)) return false;
        await found.remove();
      }
      await queue.add(job.kind, job, jobOptions(job, Date.now()));
      return true;
    },
    async drop(id) {
      const job = await queue.getJob(id);
      // Active ones are locked by a worker, which finds the document terminal by itself.
      await job?.remove().catch(() => {});
    },
  };
}
