// The one way in which this process works on a BullMQ queue: of sessions, webhook deliveries or firings.
import {
  buildKeptOptions,
  createBackend,
  type KeptJobs,
  type Logger,
  type openWorkerRedis,
  type RedisWatch,
} from '@baton/core/internal';
import { type Job, Worker } from 'bullmq';
import { createJobRunner, type JobRunnerOptions } from './run-job.ts';
import { settleJob } from './settle-job.ts';

/** How often stalled jobs are looked for at the least, in milliseconds: BullMQ's 30 s is slow for a crash. */
const STALLED_INTERVAL_MAX_MS = 5_000;

/** BullMQ's pause after a fetch that failed is 15 s, for one bad job or one lost connection too. */
const FETCH_AGAIN_MS = 1_000;

// Crashes and tries are counted in the documents; BullMQ would fail a job that lost its worker too often.
const OUT_OF_REACH = 1_000_000_000;

/** What every queue worker of a process shares. */
export interface QueueWorkerDeps {
  connection: ReturnType<typeof openWorkerRedis>;
  prefix: string;
  /** How many jobs that ended the queue keeps. */
  kept: KeptJobs;
  watch: Pick<RedisWatch, 'note'>;
  log: Logger;
}

/** How one queue is worked on. */
export interface QueueWorkerOptions<Result> extends JobRunnerOptions<Result> {
  concurrency: number;
  /** How long a job stays locked without a renewal, in milliseconds; then another worker takes it. */
  lockMs: number;
  /** Called after a job ended with this result; `idle` waits for it. */
  afterDone?(id: string, result: Result): Promise<void>;
  /** Says whether the process stops: then a job is not moved for longer than three seconds. */
  isStopping?(): boolean;
  /** BullMQ's settings for job schedulers. */
  settings?: { repeatStrategy(after: number, repeat: object): number | undefined };
}

/** A worker on one queue. */
export interface QueueWorker {
  /** BullMQ's worker, to pause it, to change its concurrency and to listen to its locks. */
  readonly bull: Worker;
  /** Begins to fetch jobs. */
  start(): void;
  /** Resolves once no job is processed here any more. */
  idle(): Promise<void>;
  /** Fetches no more jobs; resolves once those that were fetched have been processed. */
  close(): Promise<void>;
}

/** Opens a worker on a queue; it fetches nothing before `start`. */
export function openQueueWorker<Result>(
  deps: QueueWorkerDeps,
  options: QueueWorkerOptions<Result>,
): QueueWorker {
  const { watch, log } = deps;
  const { queue, afterDone, isStopping = () => false } = options;
  const pending = createPendingTasks();
  const runJob = createJobRunner(options, log);

  async function runAndSettle(job: Job, token?: string): Promise<Result> {
    return settleJob(job, token, await runJob(job), { queue, isStopping, log });
  }

  const work = (job: Job, token?: string) => pending.track(runAndSettle(job, token));
  const bull: Worker = new Worker(queue, work, buildBullOptions(deps, options), createBackend);
  bull.on('error', (error) => watch.note(error, queue));
  bull.on('completed', ({ id }, result: Result) => {
    if (afterDone && id !== undefined) void pending.track(afterDone(id, result));
  });

  return {
    bull,
    start() {
      bull
        .run()
        .catch((error: unknown) => log.error({ err: error, queue }, 'the queue loop ended'));
    },
    idle: pending.idle,
    close: () => bull.close(),
  };
}

/** Work that has begun and not ended; `idle` resolves once there is none. */
function createPendingTasks() {
  const pending = new Set<Promise<unknown>>();
  return {
    async track<T>(work: Promise<T>): Promise<T> {
      pending.add(work);
      try {
        return await work;
      } finally {
        pending.delete(work);
      }
    },
    async idle(): Promise<void> {
      while (pending.size > 0) await Promise.allSettled(pending);
    },
  };
}

function buildBullOptions<Result>(
  { connection, prefix, kept }: QueueWorkerDeps,
  { concurrency, lockMs, settings }: QueueWorkerOptions<Result>,
) {
  return {
    ...buildKeptOptions(kept),
    runRetryDelay: FETCH_AGAIN_MS,
    connection,
    prefix,
    concurrency,
    lockDuration: lockMs,
    stalledInterval: Math.min(STALLED_INTERVAL_MAX_MS, lockMs / 2),
    maxStalledCount: OUT_OF_REACH,
    settings: settings ?? {},
    autorun: false,
    skipVersionCheck: true,
  };
}
