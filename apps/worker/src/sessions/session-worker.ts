// The worker on the queue of sessions: each job runs an attempt, whose end decides the job's outcome.
import type {
  Admission,
  Adopter,
  Claims,
  ControlMessage,
  SessionQueue,
} from '@baton/core/internal';
import { SESSION_QUEUE } from '@baton/core/internal';
import type { Job } from 'bullmq';
import type { RunningAttempt } from '../attempt/attempt.ts';
import type { AttemptDeps } from '../attempt/attempt-context.ts';
import type { JobOutcome } from '../queue-worker/job-outcome.ts';
import { openQueueWorker, type QueueWorkerDeps } from '../queue-worker/open-queue-worker.ts';
import type { Presence } from '../workspace/presence.ts';
import { createJobFinisher, type JobFinisher, type JobResult } from './finish-job.ts';
import { createJobProcessor } from './process-job.ts';
import { createRunningAttempts, type RunningAttempts } from './running-attempts.ts';
import { followHostHealth } from './session-concurrency.ts';

/** The dependencies of a session worker. */
export interface SessionWorkerDeps extends QueueWorkerDeps {
  attemptDeps: AttemptDeps;
  adopter: Adopter;
  claims: Claims;
  admission: Pick<Admission, 'advance' | 'releaseAfter' | 'enqueue' | 'fail'>;
  queue: Pick<SessionQueue, 'pause' | 'pauseMs' | 'drop'>;
  /** Knows the work roots of the other workers. */
  presence: Pick<Presence, 'hasRoot'>;
  /** How many sessions run at once. */
  concurrency: number;
}

/** Runs the sessions of this process. */
export interface SessionWorker {
  /** The attempts under way, by the id of their session. */
  readonly running: ReadonlyMap<string, RunningAttempt>;
  /** Starts to take jobs. */
  start(): void;
  /**
   * Stops taking jobs. Running sessions continue. Jobs that were fetched but not started go back to
   * the queue.
   */
  pause(): Promise<void>;
  /** Ends all running attempts and hands their sessions back to the queue. */
  handBack(): void;
  /**
   * Handles a notice of the control channel about a session: a request to stop it, or a message to
   * it. Does nothing for a session that does not run here.
   */
  onControlMessage(kind: ControlMessage['kind'], id: string): void;
  /** Resolves once this process runs no session. */
  idle(): Promise<void>;
  /** Returns true while the worker takes jobs. */
  isTaking(): boolean;
  close(): Promise<void>;
}

/** Creates a worker on the queue of sessions. It takes no job before `start`. */
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
    // Admission may have released the session while this job existed, so it could add no other job.
    // Remove this job and enqueue the session again.
    async afterDone(id, { waiting }) {
      if (!waiting) return;
      await deps.queue.drop(id).catch(() => {});
      await deps.admission
        .enqueue(id)
        .catch((error: unknown) =>
          log.warn(
            { err: error, session_id: id },
            'the session was not enqueued, leaving it to the reconciler',
          ),
        );
    },
  });
  const { bull } = worker;
  bull.on('locksRenewed', ({ jobIds }) => {
    for (const id of jobIds) running.bySession.get(id)?.lockHeld();
  });
  bull.on('lockRenewalFailed', (ids: string[]) => {
    // The worker may still own a session whose job lock it lost. Only the fence shows who owns it, so the attempt
    // checks the fence in MongoDB.
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
      // Every client of this Redis can write to the channel, so the attempt looks for the request
      // or the message in the session document.
      const attempt = running.bySession.get(id);
      if (kind === 'message') attempt?.sendMessages();
      else void attempt?.confirm();
      log.debug(
        { session_id: id, kind },
        'received a notice about the session on the control channel',
      );
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
  const { attemptDeps, adopter, claims, admission, queue, presence, log } = deps;
  const processJob = createJobProcessor({
    attemptDeps,
    adopter,
    claims,
    admission,
    queue,
    presence,
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
