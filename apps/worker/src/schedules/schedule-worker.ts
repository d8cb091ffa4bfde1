// The queue of firings: BullMQ's job schedulers add a job for each, whose id names the time that it is for.
import { firingJobSchema, SCHEDULE_QUEUE, SCHEDULE_SETTINGS } from '@baton/core/internal';
import type { Job } from 'bullmq';
import { failBadJob } from '../queue-worker/bad-job.ts';
import { closeInTime } from '../queue-worker/close-in-time.ts';
import type { JobOutcome } from '../queue-worker/job-outcome.ts';
import { openQueueWorker, type QueueWorkerDeps } from '../queue-worker/open-queue-worker.ts';
import { type FireDeps, type Fired, fire } from './fire.ts';

const CONCURRENCY = 4;

/** How long firings under way may finish once the process stops, in milliseconds. */
const FINISH_MS = 3_000;

/** A firing whose process died is taken by another within seconds. */
const LOCK_MS = 10_000;

/** The firings that this process takes. */
export interface ScheduleWorker {
  start(): void;
  /** Takes no more jobs; resolves within seconds. */
  close(): Promise<void>;
}

/** A worker on the queue of firings; it takes nothing before `start`. */
export function createScheduleWorker(deps: FireDeps & QueueWorkerDeps): ScheduleWorker {
  async function processJob(job: Job): Promise<JobOutcome<Fired>> {
    const parsed = firingJobSchema.safeParse(job.data);
    if (!parsed.success) return failBadJob(job, deps.log);
    const result = await fire(deps, parsed.data.schedule_id, getFiringTime(job));
    return { kind: 'done', result };
  }

  const worker = openQueueWorker(deps, {
    queue: SCHEDULE_QUEUE,
    concurrency: CONCURRENCY,
    lockMs: LOCK_MS,
    settings: SCHEDULE_SETTINGS,
    process: processJob,
  });

  return { start: worker.start, close: () => closeInTime(worker, { finishMs: FINISH_MS }) };
}

// "repeat:<schedule>:<milliseconds>"; a job that no scheduler added fires for the time when it was added.
function getFiringTime({ id, timestamp }: Job): Date {
  const [, firing] = /^repeat:.*:(\d+)$/.exec(id ?? '') ?? [];
  return new Date(firing === undefined ? timestamp : Number(firing));
}
