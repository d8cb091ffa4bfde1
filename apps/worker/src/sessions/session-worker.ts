// The queue of sessions: a job becomes an attempt, and the end of the attempt becomes the job's.
import type { Admission, Adopter, Claims, SessionQueue } from '@baton/core/internal';
import { SESSION_QUEUE } from '@baton/core/internal';
import type { Job } from 'bullmq';
import type { RunningAttempt } from '../attempt/attempt.ts';
import type { AttemptDeps } from '../attempt/attempt-context.ts';
import type { JobOutcome } from '../queue-worker/job-outcome.ts';
import { openQueueWorker, type QueueWorkerDeps } from '../queue-worker/open-queue-worker.ts';
import { createJobFinisher, type JobFinisher, type JobResult } from './finish-job.ts';
import { createJobProcessor } from './process-job.ts';
import { createRunningAttempts, type RunningAttempts } from './running-attempts.ts';
import { followHostHealth } from './session-concurrency.ts';

/** What the session worker of a process needs. */
export interface SessionWorkerDeps extends QueueWorkerDeps {
  attemptDeps: AttemptDeps;
  adopter: Adopter;
  claims: Claims;
  admission: Pick<Admission, 'advance' | 'releaseAfter' | 'enqueue' | 'fail'>;
  queue: Pick<SessionQueue, 'pause' | 'pauseMs' | 'drop'>;
  /** How many sessions run at once. */
  concurrency: number;
}

/** The sessions that this process runs. */
export interface SessionWorker {
  /** The attempts under way, by session. */
  readonly running: ReadonlyMap<string, RunningAttempt>;
  /** Begins to take jobs. */
  start(): void;
  /** Takes no more jobs. Running sessions go on; jobs that were fetched but not begun go back to the queue. */
  pause(): Promise<void>;
  /** Ends the attempts that run here and hands their sessions back to the queue. */
  handBack(): void;
  /** Handles a request to stop a session; does nothing for a session that does not run here. */
  onControlMessage(kind: 'cancel' | 'interrupt', id: string): void;
  /** Resolves once no session runs here any more. */
  idle(): Promise<void>;
  /** Says whether jobs are taken at all. */
  isTaking(): boolean;
  close(): Promise<void>;
}

/** A worker on the queue of sessions; it takes nothing before `start`. */
export function createSessionWorker(deps: SessionWorkerDeps): SessionWorker {
  const { attemptDeps, concurrency, log } = deps;
  const { host, leaseMs } = attemptDeps;
  let isDraining = false;
  const running = createRunningAttempts(attemptDeps);
  const finisher = createJobFinisher({ ...deps, leaseMs });
  const worker = openQueueWorker(deps, {
    queue: SESSION_QUEUE,
    concurrency,
    lockMs: leaseMs,
    isStopping: () => isDraining,
    process: processorOf(deps, finisher, running, () => isDraining || host.isSick),
    giveUp: finisher.giveUp,
    // What the session waited for may have released it while this job was still there: enqueue it again.
    async afterDone(id, { waiting }) {
      if (!waiting) return;
      await deps.queue.drop(id).catch(() => {});
      await deps.admission
        .enqueue(id)
        .catch((error: unknown) =>
          log.warn({ err: error, session_id: id }, 'the session was not enqueued'),
        );
    },
  });
  const { bull } = worker;
  bull.on('locksRenewed', ({ jobIds }) => {
    for (const id of jobIds) running.bySession.get(id)?.lockHeld();
  });
  bull.on('lockRenewalFailed', (ids: string[]) => {
    // A lost lock is not a lost session: the fence says whether the run goes on.
    for (const id of ids) void running.bySession.get(id)?.confirm();
  });
  followHostHealth(bull, { host, max: concurrency, isDraining: () => isDraining, log });

  return {
    running: running.bySession,
    start: worker.start,
    async pause() {
      isDraining = true;
      await bull.pause(true);
    },
    handBack: running.handBack,
    onControlMessage(kind, id) {
      // The document says whether a stop was really requested: the channel is open to anyone on this Redis.
      void running.bySession.get(id)?.confirm();
      log.debug({ session_id: id, kind }, 'asked to stop');
    },
    idle: worker.idle,
    isTaking: () => bull.isRunning() && !bull.isPaused(),
    close: worker.close,
  };
}

function processorOf(
  deps: SessionWorkerDeps,
  finisher: JobFinisher,
  running: RunningAttempts,
  isPaused: () => boolean,
): (job: Job) => Promise<JobOutcome<JobResult>> {
  const { attemptDeps, adopter, claims, admission, queue, log } = deps;
  const processJob = createJobProcessor({
    attemptDeps,
    adopter,
    claims,
    admission,
    queue,
    running,
    isPaused,
    log,
  });
  return async (job) => {
    try {
      return await finisher.finish(await processJob(job));
    } catch (error) {
      return await finisher.failOrRethrow(job, error);
    }
  };
}
