// The one way in which this process works on a BullMQ queue: of sessions, webhook deliveries or firings.
import {
  checkFeatures,
  createBackend,
  isAppError,
  isStoreAway,
  type KeptJobs,
  keptJobs,
  type Logger,
  type openWorkerRedis,
  type RedisWatch,
  UnknownFeaturesError,
  withDeadline,
} from '@baton/core/internal';
import { DelayedError, type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import { createFeatureDelay } from './feature-delay.ts';
import type { JobOutcome } from './job-outcome.ts';

/** How often stalled jobs are looked for at the least, in milliseconds: BullMQ's 30 s is slow for a crash. */
const STALLED_INTERVAL_MAX_MS = 5_000;

/** BullMQ's pause after a fetch that failed is 15 s, for one bad job or one lost connection too. */
const FETCH_AGAIN_MS = 1_000;

// Crashes and tries are counted in the documents; BullMQ would fail a job that lost its worker too often.
const OUT_OF_REACH = 1_000_000_000;

/** How long a job waits that met an unavailable store, in milliseconds; doubled from try to try after another error. */
const RETRY_DELAY_MS = 2_000;

/**
 * How often a worker processes a job that throws another error, in a row: such an error comes from what is
 * stored or from our own code, and comes each time. Two more tries rule out a document that was being written.
 */
const MAX_TRIES = 3;

/** How many jobs with such errors are counted at a time. */
const REMEMBERED = 10_000;

/** How long a process that stops waits for Redis to take a job back, in milliseconds. */
const LAST_MOVE_TIMEOUT_MS = 3_000;

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
export interface QueueWorkerOptions<Result> {
  queue: string;
  concurrency: number;
  /** How long a job stays locked without a renewal, in milliseconds; then another worker takes it. */
  lockMs: number;
  /**
   * Processes a job; not called for a job that requires a newer version. Where it throws as a store is away,
   * the job is processed again every two seconds; after an UnknownFeaturesError with growing delays, up to
   * five minutes; after any other error three times at most.
   */
  process(job: Job): Promise<JobOutcome<Result>>;
  /** What becomes of a job that was processed three times in vain; default: it fails in the queue. */
  giveUp?(job: Job, error: unknown): Promise<JobOutcome<Result>>;
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
  { connection, prefix, kept, watch, log }: QueueWorkerDeps,
  options: QueueWorkerOptions<Result>,
): QueueWorker {
  const { queue, concurrency, lockMs, afterDone, isStopping = () => false } = options;
  const pending = new Set<Promise<unknown>>();
  const leaveToNewer = createFeatureDelay(log);
  const tries = new Map<string, number>();

  async function track<T>(work: Promise<T>): Promise<T> {
    pending.add(work);
    try {
      return await work;
    } finally {
      pending.delete(work);
    }
  }

  function retryLater(job: Job, error: unknown, delayMs = RETRY_DELAY_MS): JobOutcome<Result> {
    const facts = { err: error, queue, job_id: job.id, retry_in_ms: delayMs };
    log.warn(facts, 'a job could not be processed, trying again');
    return { kind: 'delay', until: Date.now() + delayMs };
  }

  // `requires` is read before any schema: this version may not be able to parse a newer job.
  async function processJob(job: Job): Promise<JobOutcome<Result>> {
    const id = job.id ?? '';
    try {
      checkFeatures(job.data);
      const outcome = await options.process(job);
      tries.delete(id);
      return outcome;
    } catch (error) {
      if (error instanceof UnknownFeaturesError) return leaveToNewer(job, error.features);
      if (isStoreAway(error)) return retryLater(job, error);
      const made = (tries.get(id) ?? 0) + 1;
      if (made < MAX_TRIES) {
        if (tries.size >= REMEMBERED) tries.clear();
        tries.set(id, made);
        return retryLater(job, error, RETRY_DELAY_MS * 2 ** (made - 1));
      }
      return giveUp(job, error);
    }
  }

  async function giveUp(job: Job, error: unknown): Promise<JobOutcome<Result>> {
    const facts = { err: error, queue, job_id: job.id };
    log.error(facts, `a job could not be processed ${MAX_TRIES} times in a row, giving up`);
    const outcome = options.giveUp
      ? await options.giveUp(job, error).catch((failed: unknown) => retryLater(job, failed))
      : ({ kind: 'fail', reason: reasonOf(error) } as const);
    if (outcome.kind !== 'delay') tries.delete(job.id ?? '');
    return outcome;
  }

  // A job whose lock was lost is another worker's to move. A job that could not be moved is found stalled,
  // so a process that stops does not wait for a Redis that is away.
  async function move(job: Job, act: () => Promise<unknown>): Promise<void> {
    const moved = isStopping() ? withDeadline(LAST_MOVE_TIMEOUT_MS, act) : act();
    await moved.catch((error: unknown) =>
      log.warn({ err: error, queue, job_id: job.id }, 'the job could not be moved'),
    );
  }

  // BullMQ is told of every end but a result by an error of its own.
  async function settle(job: Job, token: string | undefined, outcome: JobOutcome<Result>) {
    switch (outcome.kind) {
      case 'done':
        return outcome.result;
      case 'fail':
        throw new UnrecoverableError(outcome.reason);
      case 'delay':
        await move(job, () => job.moveToDelayed(outcome.until, token));
        throw new DelayedError();
      case 'requeue':
        await move(job, () => job.moveToWait(token));
        throw new WaitingError();
    }
  }

  const run = async (job: Job, token?: string) => settle(job, token, await processJob(job));

  const bullOptions = {
    ...keptJobs(kept),
    runRetryDelay: FETCH_AGAIN_MS,
    connection,
    prefix,
    concurrency,
    lockDuration: lockMs,
    stalledInterval: Math.min(STALLED_INTERVAL_MAX_MS, lockMs / 2),
    maxStalledCount: OUT_OF_REACH,
    settings: options.settings ?? {},
    autorun: false,
    skipVersionCheck: true,
  };
  const work = (job: Job, token?: string) => track(run(job, token));
  const bull: Worker = new Worker(queue, work, bullOptions, createBackend);
  bull.on('error', (error) => watch.note(error, queue));
  bull.on('completed', ({ id }, result: Result) => {
    if (afterDone && id !== undefined) void track(afterDone(id, result));
  });

  return {
    bull,
    start() {
      bull
        .run()
        .catch((error: unknown) => log.error({ err: error, queue }, 'the queue loop ended'));
    },
    async idle() {
      while (pending.size > 0) await Promise.allSettled(pending);
    },
    close: () => bull.close(),
  };
}

/** The reason of a job that fails for this error; a message that is not ours may quote a payload, and is left out. */
export function reasonOf(error: unknown): string {
  if (isAppError(error)) return `${error.code}: ${error.message}`;
  return `INTERNAL: ${error instanceof Error ? error.name : typeof error}`;
}
