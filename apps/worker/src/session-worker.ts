// BullMQ and us: a job becomes an attempt, and an attempt's end becomes the job's.
import {
  type Admission,
  type Adopter,
  type Claims,
  createBackend,
  type KeptJobs,
  keptJobs,
  type Logger,
  type openWorkerRedis,
  type RedisWatch,
  SESSION_QUEUE,
  type SessionQueue,
} from '@baton/core/internal';
import { type Job, Worker } from 'bullmq';
import type { AttemptDeps, RunningAttempt } from './attempt/attempt.ts';
import { createJobFinisher, type JobResult } from './job/finish-job.ts';
import { createJobProcessor } from './job/process-job.ts';
import { createRunning } from './job/running.ts';

// Faster than BullMQ's defaults: a crash is noticed within 30 s, and a lost lock is not a lost session.
const STALLED_INTERVAL_MAX_MS = 5_000;

// BullMQ waits so long after a fetch that failed, 15 s by default: for one bad job or one lost connection too.
const FETCH_AGAIN_MS = 1_000;

// Crashes are counted in the document; BullMQ would fail a job that lost its worker too often.
const OUT_OF_REACH = 1_000_000_000;

/** How many sessions a host that was sick must begin before one more is tried at once. */
const SESSIONS_A_STEP = 10;

/** What the worker of a process needs. */
export interface SessionWorkerDeps {
  attempts: AttemptDeps;
  adopter: Adopter;
  claims: Claims;
  admission: Pick<Admission, 'advance' | 'ended' | 'enqueue'>;
  queue: Pick<SessionQueue, 'pause' | 'pauseMs' | 'drop'>;
  connection: ReturnType<typeof openWorkerRedis>;
  prefix: string;
  concurrency: number;
  /** How many jobs that ended the queue keeps. */
  kept: KeptJobs;
  watch: Pick<RedisWatch, 'note'>;
  log: Logger;
}

/** The sessions that this process runs. */
export interface SessionWorker {
  /** The attempts under way, by session. */
  readonly running: ReadonlyMap<string, RunningAttempt>;
  /** Begins to take jobs. */
  start(): void;
  /** Takes no more jobs; what runs goes on, what was fetched and not begun goes back. */
  pause(): Promise<void>;
  /** Ends what runs here and gives it back to the queue. */
  handBack(): void;
  /** Stops a session that runs here, as somebody asked; nothing where it does not. */
  onControlMessage(kind: 'cancel' | 'interrupt', id: string): void;
  /** Resolves once nothing runs here any more. */
  idle(): Promise<void>;
  /** Says whether jobs are taken at all. */
  isTaking(): boolean;
  close(): Promise<void>;
}

/** A worker on the queue; it takes nothing before `start`. */
export function createSessionWorker(deps: SessionWorkerDeps): SessionWorker {
  const { attempts, adopter, claims, admission, queue, log } = deps;
  const { leaseMs } = attempts;
  const jobs = new Set<Promise<unknown>>();
  let isDraining = false;
  const { host } = attempts;
  const running = createRunning(attempts);
  const takeJob = createJobProcessor({
    attempts,
    adopter,
    claims,
    admission,
    queue,
    running,
    isPaused: () => isDraining || host.isSick,
    log,
  });
  const ender = createJobFinisher({ queue, leaseMs, isPaused: () => isDraining, log });

  async function track<T>(work: Promise<T>): Promise<T> {
    jobs.add(work);
    try {
      return await work;
    } finally {
      jobs.delete(work);
    }
  }

  async function processJob(job: Job, token?: string): Promise<JobResult> {
    const end = await takeJob(job).catch((error: unknown) => ender.untaken(job, error));
    return ender.end(job, token, end);
  }

  // What it waited for may have let it go on while its job was still there: then it has another one.
  async function clearAway(id: string): Promise<void> {
    await queue.drop(id).catch(() => {});
    await admission
      .enqueue(id)
      .catch((error: unknown) => log.warn({ err: error, session_id: id }, 'it was not enqueued'));
  }

  const options = {
    ...keptJobs(deps.kept),
    runRetryDelay: FETCH_AGAIN_MS,
    connection: deps.connection,
    prefix: deps.prefix,
    concurrency: deps.concurrency,
    lockDuration: leaseMs,
    stalledInterval: Math.min(STALLED_INTERVAL_MAX_MS, leaseMs / 2),
    maxStalledCount: OUT_OF_REACH,
    autorun: false,
    skipVersionCheck: true,
  };
  const work = (job: Job, token?: string) => track(processJob(job, token));
  const worker: Worker = new Worker(SESSION_QUEUE, work, options, createBackend);
  worker.on('error', (error) => deps.watch.note(error, SESSION_QUEUE));
  worker.on('completed', ({ id }, result: JobResult) => {
    if (result.waiting && id !== undefined) void track(clearAway(id));
  });
  worker.on('locksRenewed', ({ jobIds }) => {
    for (const id of jobIds) running.attempts.get(id)?.lockHeld();
  });
  worker.on('lockRenewalFailed', (ids: string[]) => {
    // A lost lock is not a lost session: the fence says whether the run goes on.
    for (const id of ids) void running.attempts.get(id)?.confirm();
  });

  // A loop that waits for its running jobs looks for more only once it is resumed.
  async function take(concurrency: number): Promise<void> {
    worker.concurrency = concurrency;
    await worker.pause(true);
    if (!isDraining && !host.isSick) await worker.resume();
  }

  // An error that nobody handles would end the process, and with it the sessions that run here.
  function logged(change: Promise<void>): void {
    change.catch((error: unknown) =>
      log.error({ err: error }, 'the worker could not change how many sessions it takes'),
    );
  }

  // A host that was taken ill may be short of what many sessions need at once: half as many are tried
  // next, and more only slowly. Without that the same sessions would meet the same shortage again.
  let most = deps.concurrency;
  let begun = 0;
  host.listen({
    onSick() {
      most = Math.max(1, Math.floor(worker.concurrency / 2));
      logged(worker.pause(true));
    },
    onWell: () => logged(take(1)),
    onWorks() {
      begun += 1;
      if (begun % SESSIONS_A_STEP === 0) most = Math.min(most + 1, deps.concurrency);
      const next = Math.min(worker.concurrency * 2, most);
      if (next > worker.concurrency && !host.isSick) logged(take(next));
    },
  });

  return {
    running: running.attempts,
    start() {
      worker.run().catch((error: unknown) => log.error({ err: error }, 'the queue loop ended'));
    },
    async pause() {
      isDraining = true;
      await worker.pause(true);
    },
    handBack: running.handBack,
    onControlMessage(kind, id) {
      // The document says whether it was really asked: the channel is open to anyone on this Redis.
      void running.attempts.get(id)?.confirm();
      log.debug({ session_id: id, kind }, 'asked to stop');
    },
    async idle() {
      while (jobs.size > 0) await Promise.allSettled(jobs);
    },
    isTaking: () => worker.isRunning() && !worker.isPaused(),
    close: () => worker.close(),
  };
}
