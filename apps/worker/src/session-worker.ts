// BullMQ and us: a job becomes an attempt, and an attempt's end becomes the job's.
import {
  type Admission,
  type Adopter,
  type Claims,
  codeFacts,
  isAppError,
  isTerminal,
  type Logger,
  type openWorkerRedis,
  SESSION_QUEUE,
  type Session,
  type SessionQueue,
  withDeadline,
} from '@baton/core';
import { DelayedError, type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import { type AttemptDeps, type RunningAttempt, startAttempt } from './attempt/attempt.ts';
import type { AttemptEnd } from './attempt/ending.ts';

// Faster than BullMQ's defaults: a crash is noticed within 30 s, and a lost lock is not a lost session.
const STALLED_INTERVAL_MAX_MS = 5_000;

// Crashes are counted in the document; BullMQ would fail a job that lost its worker too often.
const OUT_OF_REACH = 1_000_000_000;

/** How long a job waits that met an unavailable store, in milliseconds. */
const STORE_AWAY_DELAY_MS = 2_000;

/** A little past another owner's lease, so that its expiry is not met early, in milliseconds. */
const LEASE_MARGIN_MS = 100;

/** The longest that the queue rests for an account's limit before a session tries again, in milliseconds. */
const MAX_SLOW_MS = 5 * 60_000;

/** How long a worker that stops waits for Redis to take a job back, in milliseconds. */
const LAST_MOVE_TIMEOUT_MS = 3_000;

/** What a job is told to have done; a waiting session has no job for as long as it waits. */
interface JobResult {
  status: string;
  waiting?: true;
}

/** What became of a job. */
type JobEnd = AttemptEnd | { kind: 'busy'; until: number } | { kind: 'waiting' };

/** What the worker of a process needs. */
export interface SessionWorkerDeps {
  attempts: AttemptDeps;
  adopter: Adopter;
  claims: Claims;
  admission: Pick<Admission, 'advance' | 'ended' | 'enqueue'>;
  queue: Pick<SessionQueue, 'rest' | 'restMs' | 'drop'>;
  connection: ReturnType<typeof openWorkerRedis>;
  prefix: string;
  concurrency: number;
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
  hear(kind: 'cancel' | 'interrupt', id: string): void;
  /** Resolves once nothing runs here any more. */
  idle(): Promise<void>;
  /** Says whether jobs are taken at all. */
  isTaking(): boolean;
  close(): Promise<void>;
}

/** A worker on the queue; it takes nothing before `start`. */
export function createSessionWorker(deps: SessionWorkerDeps): SessionWorker {
  const { attempts, log } = deps;
  const running = new Map<string, RunningAttempt>();
  const jobs = new Set<Promise<unknown>>();
  const { workerId, host } = attempts.identity;
  let isPaused = false;
  let isHandingBack = false;

  async function track<T>(work: Promise<T>): Promise<T> {
    jobs.add(work);
    try {
      return await work;
    } finally {
      jobs.delete(work);
    }
  }

  async function processJob(job: Job, token?: string): Promise<JobResult> {
    const end = await takeJob(job).catch((error: unknown) => {
      if (isAppError(error) && !codeFacts(error.code).retryable) {
        log.error(
          { err: error, job_id: job.id },
          'the job cannot be taken, now or later; it fails in the queue',
        );
        throw new UnrecoverableError(`${error.code}: ${error.message}`);
      }
      log.warn({ err: error, job_id: job.id }, 'the job could not be taken; it waits');
      return { kind: 'busy', until: Date.now() + STORE_AWAY_DELAY_MS } as const;
    });
    switch (end.kind) {
      case 'busy':
        await release(job, () => job.moveToDelayed(end.until, token));
        throw new DelayedError();
      case 'handed_back':
        await release(job, () => job.moveToWait(token));
        throw new WaitingError();
      case 'retry':
        if (end.failure.code === 'RATE_LIMITED') await slowDown(end.at);
        await release(job, () => job.moveToDelayed(end.at.getTime(), token));
        throw new DelayedError();
      case 'lost':
        // Nobody knows here who holds the session now. If the job is still ours, it asks again later.
        await release(job, () => job.moveToDelayed(Date.now() + attempts.leaseMs, token));
        throw new DelayedError();
      case 'waiting':
        return { status: 'queued', waiting: true };
      case 'ended':
        if (!end.failure) return { status: end.status };
        throw new UnrecoverableError(`${end.failure.code}: ${end.failure.message}`);
    }
  }

  // An account's limit is everybody's: the next session would only meet it too.
  async function slowDown(until: Date): Promise<void> {
    const ms = Math.min(until.getTime() - Date.now(), MAX_SLOW_MS);
    if (ms > 0) await deps.queue.rest(ms).catch(() => {});
  }

  // A job that we lost meanwhile is another worker's to move; one that stays behind is found stalled, so
  // a worker that stops does not wait for a Redis that is away.
  async function release(job: Job, move: () => Promise<unknown>): Promise<void> {
    const moved = isPaused ? withDeadline(LAST_MOVE_TIMEOUT_MS, move) : move();
    await moved.catch((error: unknown) =>
      log.warn({ err: error, job_id: job.id }, 'the job could not be moved'),
    );
  }

  // What waits for a session goes on; where the stores do not let it now, the reconciler sees to it later.
  async function settle(session: Session): Promise<void> {
    await deps.admission
      .ended(session)
      .catch((error: unknown) =>
        log.warn({ err: error, session_id: session.id }, 'what waits for the session waits on'),
      );
  }

  // What it waited for may have let it go on while its job was still there: then it has another one.
  async function clearAway(id: string): Promise<void> {
    await deps.queue.drop(id).catch(() => {});
    await deps.admission
      .enqueue(id)
      .catch((error: unknown) => log.warn({ err: error, session_id: id }, 'it was not enqueued'));
  }

  async function takeJob(job: Job): Promise<JobEnd> {
    const id = job.id ?? '';
    const found = await deps.adopter.adopt({ id, data: job.data, timestamp: job.timestamp });
    const adopted = await deps.admission.advance(found);
    if (isTerminal(adopted.status)) return end(adopted);
    if (isPaused) return { kind: 'handed_back' };
    // Delivered again because its lock was lost: it still runs here, and the fence watches over it.
    if (running.has(adopted.id)) return { kind: 'busy', until: Date.now() + attempts.leaseMs };
    // One that somebody asked to stop needs no account any more.
    if (!adopted.cancel_requested_at && !adopted.interrupt_requested_at) {
      const restMs = await deps.queue.restMs().catch(() => 0);
      if (restMs > 0) return { kind: 'busy', until: Date.now() + restMs };
    }
    const claim = await deps.claims.claim(adopted.id, {
      worker_id: workerId,
      host,
      leaseMs: attempts.leaseMs,
      claude_version: attempts.cli.version,
    });
    switch (claim.kind) {
      case 'missing':
        throw new Error(`session ${id} was adopted and is gone`);
      case 'terminal':
        attempts.live.moved(claim.session);
        return end(claim.session);
      case 'waiting':
        return untilItMay(claim.session);
      case 'busy':
        return busyUntil(claim.expires_at);
      case 'early':
        return busyUntil(claim.not_before);
      case 'claimed': {
        attempts.live.moved(claim.session);
        const attempt = startAttempt(attempts, claim.session, claim.attempt);
        running.set(adopted.id, attempt);
        if (isHandingBack) attempt.abort({ kind: 'hand_back' });
        try {
          const over = await attempt.end;
          if (over.kind === 'ended') await settle(claim.session);
          return over;
        } finally {
          if (running.get(adopted.id) === attempt) running.delete(adopted.id);
        }
      }
    }
  }

  async function end(session: Session): Promise<AttemptEnd> {
    await settle(session);
    return ended(session);
  }

  // One that has a time as well is met again then; else its job has done all it can.
  async function untilItMay({ not_before }: Session): Promise<JobEnd> {
    const isEarly = not_before && not_before > (await attempts.clock.now());
    return isEarly ? busyUntil(not_before) : { kind: 'waiting' };
  }

  // Until when is told on MongoDB's clock; the queue waits on ours.
  async function busyUntil(time: Date): Promise<{ kind: 'busy'; until: number }> {
    const waitMs = time.getTime() - (await attempts.clock.now()).getTime();
    return { kind: 'busy', until: Date.now() + Math.max(waitMs, 0) + LEASE_MARGIN_MS };
  }

  const worker = new Worker(SESSION_QUEUE, (job, token) => track(processJob(job, token)), {
    connection: deps.connection,
    prefix: deps.prefix,
    concurrency: deps.concurrency,
    lockDuration: attempts.leaseMs,
    stalledInterval: Math.min(STALLED_INTERVAL_MAX_MS, attempts.leaseMs / 2),
    maxStalledCount: OUT_OF_REACH,
    autorun: false,
    skipVersionCheck: true,
  });
  worker.on('error', (error) => log.warn({ err: error }, 'the queue reports an error'));
  worker.on('completed', ({ id }, result: JobResult) => {
    if (result.waiting && id !== undefined) void track(clearAway(id));
  });
  worker.on('locksRenewed', ({ jobIds }) => {
    for (const id of jobIds) running.get(id)?.lockHeld();
  });
  worker.on('lockRenewalFailed', (ids: string[]) => {
    // A lost lock is not a lost session: the fence says whether the run goes on.
    for (const id of ids) void running.get(id)?.confirm();
  });

  return {
    running,
    start() {
      worker.run().catch((error: unknown) => log.error({ err: error }, 'the queue loop ended'));
    },
    async pause() {
      isPaused = true;
      await worker.pause(true);
    },
    handBack() {
      isHandingBack = true;
      for (const attempt of running.values()) attempt.abort({ kind: 'hand_back' });
    },
    hear(kind, id) {
      // The document says whether it was really asked: the channel is open to anyone on this Redis.
      void running.get(id)?.confirm();
      log.debug({ session_id: id, kind }, 'asked to stop');
    },
    async idle() {
      while (jobs.size > 0) await Promise.allSettled(jobs);
    },
    isTaking: () => worker.isRunning() && !worker.isPaused(),
    close: () => worker.close(),
  };
}

function ended({ status, failure }: { status: string; failure?: unknown }): AttemptEnd {
  return { kind: 'ended', status, ...(failure ? { failure } : {}) } as AttemptEnd;
}
