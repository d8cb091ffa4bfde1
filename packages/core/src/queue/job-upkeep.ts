import type { Job as BullJob, JobType, Queue } from 'bullmq';
import type { Job } from '../model/job/job.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { failJob } from './fail-job.ts';
import { type Healed, healQueue, type ScriptClient } from './heal-queue.ts';
import { DEFAULT_KEPT } from './kept-jobs.ts';
import { buildJobOptions, type FoundJob } from './queued-job.ts';
import { findRedisTrouble, toQueueError } from './redis-trouble.ts';
import { strippedData } from './stripped-data.ts';

/** The states of jobs that a worker processes, or will process. */
const LIVE: JobType[] = ['wait', 'prioritized', 'delayed', 'waiting-children', 'active'];

/** The states of jobs that no worker processes yet. */
const WAITING: JobType[] = ['wait', 'prioritized', 'delayed'];

const PAGE = 500;

/** How long Redis may take to answer, in milliseconds. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * The reconciler's operations on the queue. Each call throws UNAVAILABLE with the reason while
 * Redis cannot be used.
 */
export interface JobUpkeep {
  /** Yields, in pages, the ids of the jobs that no worker processes yet. */
  waiting(): AsyncGenerator<string[]>;
  /** Repairs what would make BullMQ's scripts fail. Returns what it repaired. */
  heal(): Promise<Healed>;
  /** Returns the job with this id, or null. */
  find(id: string): Promise<FoundJob | null>;
  /**
   * Adds the job unless a live job has its id. Removes a finished job with this id first. Returns
   * whether it added the job.
   */
  restore(job: Job): Promise<boolean>;
  /**
   * Removes a job that no worker processes. Does nothing if the job is gone or a worker took it.
   */
  drop(id: string): Promise<void>;
  /**
   * Moves a job that no worker processes to the failed jobs, with this reason. Returns false if the
   * job is gone or a worker holds it.
   */
  fail(job: FoundJob, reason: string): Promise<boolean>;
}

/** Creates the upkeep of a queue. `keepFailed` is how many failed jobs stay (default: 1,000). */
export function createJobUpkeep(
  queue: Queue,
  { keepFailed = DEFAULT_KEPT.failed }: { keepFailed?: number } = {},
): JobUpkeep {
  async function isLive(job: BullJob): Promise<boolean> {
    const state = await job.getState();
    return LIVE.some((live) => live === state || (live === 'wait' && state === 'waiting'));
  }

  async function tryRemove(job: BullJob): Promise<boolean> {
    try {
      await job.remove();
      return true;
    } catch (error) {
      if (findRedisTrouble(error) !== null) throw error;
      return false;
    }
  }

  return {
    async *waiting() {
      // Reads all ids, oldest first, before it yields the first page. The caller changes the lists
      // while it handles a page, so a later read of the next page would skip jobs.
      const ids: string[] = [];
      for (let from = 0; ; from += PAGE) {
        const page = await runBounded(() => queue.getRanges(WAITING, from, from + PAGE - 1, true));
        ids.push(...page.filter((id) => id));
        if (page.length === 0) break;
      }
      for (let from = 0; from < ids.length; from += PAGE) yield ids.slice(from, from + PAGE);
    },
    heal: () =>
      runBounded(async () => {
        const client = (await queue.getBackend().client) as unknown as ScriptClient;
        return healQueue(client, queue.toKey(''));
      }),
    async find(id) {
      const job = await runBounded(() => queue.getJob(id));
      return job ? { id, data: job.data, timestamp: job.timestamp } : null;
    },
    async restore(job) {
      const found = await runBounded(() => queue.getJob(job.id));
      if (found) {
        if (await runBounded(() => isLive(found))) return false;
        // If a worker has taken the job, the worker's lock prevents the removal: the job is live.
        if (!(await runBounded(() => tryRemove(found)))) return false;
      }
      await runBounded(() => queue.add(job.kind, job, buildJobOptions(job, Date.now())));
      return true;
    },
    async drop(id) {
      const job = await runBounded(() => queue.getJob(id));
      // If a worker holds the job, the worker's lock prevents the removal. The worker itself finds
      // that the session has ended.
      if (job) await runBounded(() => tryRemove(job));
    },
    async fail({ id, data }, reason) {
      const client = (await queue.getBackend().client) as unknown as ScriptClient;
      const failed = { id, reason, data: strippedData(data), keep: keepFailed };
      return runBounded(() => failJob(client, queue.toKey(''), failed));
    },
  };
}

async function runBounded<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await withDeadline(ANSWER_TIMEOUT_MS, act);
  } catch (error) {
    throw toQueueError(error);
  }
}
