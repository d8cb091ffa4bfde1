// BullMQ and firings: its schedulers add a job for each, whose id tells the time that it is for.
import {
  createBackend,
  firingJobSchema,
  type KeptJobs,
  keptJobs,
  type openWorkerRedis,
  type RedisWatch,
  SCHEDULE_QUEUE,
  SCHEDULE_SETTINGS,
  withDeadline,
} from '@baton/core/internal';
import { DelayedError, type Job, Worker } from 'bullmq';
import { badJob } from '../job/bad-job.ts';
import { type FireDeps, fire } from './fire.ts';

const CONCURRENCY = 4;

/** How long a firing waits that met an unavailable store, in milliseconds. */
const STORE_AWAY_DELAY_MS = 2_000;

/** How long what is under way may finish once the process stops, in milliseconds. */
const FINISH_MS = 3_000;

/** A firing whose process died is taken by another within seconds. */
const LOCK_MS = 10_000;
const STALLED_INTERVAL_MS = 5_000;

/** How long a fetch that failed is waited for before the next one, in milliseconds. */
const FETCH_AGAIN_MS = 1_000;

const OUT_OF_REACH = 1_000_000_000;

/** The firings that this process takes. */
export interface ScheduleWorker {
  start(): void;
  /** Takes no more; bounded. */
  close(): Promise<void>;
}

/** A worker on the queue of firings; it takes nothing before `start`. */
export function createScheduleWorker(
  deps: FireDeps & {
    connection: ReturnType<typeof openWorkerRedis>;
    prefix: string;
    kept: KeptJobs;
    watch: Pick<RedisWatch, 'note'>;
  },
): ScheduleWorker {
  const { log } = deps;

  async function take(job: Job, token?: string): Promise<string> {
    const parsed = firingJobSchema.safeParse(job.data);
    if (!parsed.success) throw badJob(job, log);
    try {
      return await fire(deps, parsed.data.schedule_id, timeOf(job));
    } catch (error) {
      log.warn({ err: error, job_id: job.id }, 'a schedule could not fire; it waits');
      await job.moveToDelayed(Date.now() + STORE_AWAY_DELAY_MS, token);
      throw new DelayedError();
    }
  }

  const options = {
    ...keptJobs(deps.kept),
    runRetryDelay: FETCH_AGAIN_MS,
    connection: deps.connection,
    prefix: deps.prefix,
    concurrency: CONCURRENCY,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_INTERVAL_MS,
    maxStalledCount: OUT_OF_REACH,
    settings: SCHEDULE_SETTINGS,
    autorun: false,
    skipVersionCheck: true,
  };
  const worker: Worker = new Worker(SCHEDULE_QUEUE, take, options, createBackend);
  worker.on('error', (error) => deps.watch.note(error, SCHEDULE_QUEUE));

  return {
    start() {
      worker
        .run()
        .catch((error: unknown) => log.error({ err: error }, 'the loop of schedules ended'));
    },
    async close() {
      // What is left behind is found stalled by another worker.
      await withDeadline(FINISH_MS, () => worker.close()).catch(() => worker.close(true));
    },
  };
}

// "repeat:<schedule>:<milliseconds>"; one that is not of a scheduler counts as of when it was added.
function timeOf({ id, timestamp }: Job): Date {
  const [, told] = /^repeat:.*:(\d+)$/.exec(id ?? '') ?? [];
  return new Date(told === undefined ? timestamp : Number(told));
}
