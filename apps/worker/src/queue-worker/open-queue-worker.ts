// Opens every BullMQ worker of this process: for sessions, webhook deliveries and firings.
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

/**
 * The longest time between two checks for stalled jobs, in milliseconds. BullMQ's default of 30 s
 * is too long after a crash.
 */
export const STALLED_INTERVAL_MAX_MS = 5_000;

/**
 * The pause after a failed fetch, in milliseconds. BullMQ's default of 15 s is too long after one
 * bad job or one lost connection.
 */
const FETCH_AGAIN_MS = 1_000;

// Turns off BullMQ's own limit, which fails a job that lost its worker too often. Baton counts crashes
// and tries in its documents.
const OUT_OF_REACH = 1_000_000_000;

/** The dependencies that all queue workers of a process share. */
export interface QueueWorkerDeps {
  connection: ReturnType<typeof openWorkerRedis>;
  prefix: string;
  /** How many completed and failed jobs the queue keeps. */
  kept: KeptJobs;
  watch: Pick<RedisWatch, 'note'>;
  log: Logger;
}

/** The options of the worker on one queue. */
export interface QueueWorkerOptions<Result> extends JobRunnerOptions<Result> {
  concurrency: number;
  /** How long a job stays locked without a renewal, in milliseconds. Then another worker takes the job. */
  lockMs: number;
  /** Called after a job completed with this result. `idle` waits until the call settles. */
  afterDone?(id: string, result: Result): Promise<void>;
  /** Returns true while the process stops. Moving a job in the queue is then limited to three seconds. */
  isStopping?(): boolean;
  /** BullMQ's settings for job schedulers. */
  settings?: { repeatStrategy(after: number, repeat: object): number | undefined };
}

/** A worker on one queue. */
export interface QueueWorker {
  /** BullMQ's worker: to pause it, to change its concurrency and to listen to its lock events. */
  readonly bull: Worker;
  /** Starts to fetch jobs. */
  start(): void;
  /** Resolves once this worker processes no job. */
  idle(): Promise<void>;
  /** Stops fetching jobs. Resolves once all fetched jobs have been processed. */
  close(): Promise<void>;
}

/** Opens a worker on a queue. It fetches no job before `start`. */
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
        .catch((error: unknown) =>
          log.error({ err: error, queue }, 'the loop that fetches jobs ended, taking no more jobs'),
        );
    },
    idle: pending.idle,
    close: () => bull.close(),
  };
}

/** Tracks promises until they settle. `idle` resolves once none is pending. */
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
