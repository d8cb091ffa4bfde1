// The worker on the queue of firings. BullMQ's job schedulers add a job for each firing; the job's id contains
// the time of the firing.
import {
  AppError,
  firingJobSchema,
  isAppError,
  SCHEDULE_QUEUE,
  SCHEDULE_SETTINGS,
} from '@baton/core/internal';
import type { Job } from 'bullmq';
import { failBadJob } from '../queue-worker/bad-job.ts';
import { closeInTime } from '../queue-worker/close-in-time.ts';
import { getFailureReason } from '../queue-worker/failure-reason.ts';
import type { JobOutcome } from '../queue-worker/job-outcome.ts';
import { openQueueWorker, type QueueWorkerDeps } from '../queue-worker/open-queue-worker.ts';
import { type FireDeps, type FiringResult, fire } from './fire.ts';

const CONCURRENCY = 4;

/** How many schedules that cannot fire are remembered, so that each is logged once. */
const REMEMBERED = 1_000;

/** How long firings under way may finish once the process stops, in milliseconds. */
const FINISH_MS = 3_000;

/** How long a job stays locked without a renewal, in milliseconds. Then another process takes the firing. */
const LOCK_MS = 10_000;

/** Processes firings in this process. */
export interface ScheduleWorker {
  start(): void;
  /** Stops taking jobs, and resolves within seconds. */
  close(): Promise<void>;
}

/** Creates a worker on the queue of firings. It takes no job before `start`. */
export function createScheduleWorker(deps: FireDeps & QueueWorkerDeps): ScheduleWorker {
  const logged = new Set<string>();

  async function processJob(job: Job): Promise<JobOutcome<FiringResult>> {
    const parsed = firingJobSchema.safeParse(job.data);
    if (!parsed.success) return failBadJob(job, deps.log);
    const { schedule_id } = parsed.data;
    try {
      return { kind: 'done', result: await fire(deps, schedule_id, getFiringTime(job)) };
    } catch (error) {
      if (!isAppError(error) || error.code !== 'INTERNAL') throw error;
      // The document is invalid, and an immediate second try would find the same problem. The next
      // firing tries again.
      return refuse(schedule_id, error);
    }
  }

  async function refuse(scheduleId: string, error: AppError): Promise<JobOutcome<FiringResult>> {
    await deps.store.noteError(scheduleId, error);
    const facts = { err: error, schedule_id: scheduleId };
    if (!logged.has(scheduleId))
      deps.log.error(facts, 'a schedule cannot fire until it is repaired');
    if (logged.size >= REMEMBERED) logged.clear();
    logged.add(scheduleId);
    return { kind: 'done', result: 'refused' };
  }

  async function giveUp(job: Job, error: unknown): Promise<JobOutcome<FiringResult>> {
    const { schedule_id } = firingJobSchema.parse(job.data);
    return refuse(schedule_id, new AppError('INTERNAL', getFailureReason(error), { cause: error }));
  }

  const worker = openQueueWorker(deps, {
    queue: SCHEDULE_QUEUE,
    concurrency: CONCURRENCY,
    lockMs: LOCK_MS,
    settings: SCHEDULE_SETTINGS,
    process: processJob,
    giveUp,
  });

  return { start: worker.start, close: () => closeInTime(worker, { finishMs: FINISH_MS }) };
}

// A scheduler's job has the id "repeat:<schedule>:<milliseconds>". Any other job fires for the time when it was
// added.
function getFiringTime({ id, timestamp }: Job): Date {
  const [, firing] = /^repeat:.*:(\d+)$/.exec(id ?? '') ?? [];
  return new Date(firing === undefined ? timestamp : Number(firing));
}
