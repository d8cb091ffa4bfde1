// Processes a session's job: runs an attempt, or returns why no attempt can start now.
import {
  type Admission,
  type Adopter,
  type Claims,
  checkFeatures,
  defined,
  isTerminal,
  type Logger,
  type Session,
  type SessionQueue,
} from '@baton/core/internal';
import type { Job } from 'bullmq';
import type { AttemptDeps } from '../attempt/attempt-context.ts';
import type { AttemptResult } from '../attempt/write-ending.ts';
import type { Presence } from '../workspace/presence.ts';
import { belongsElsewhere, OTHER_ROOT_WAIT_MS } from './belongs-elsewhere.ts';
import type { RunningAttempts } from './running-attempts.ts';

/**
 * The time added to each delay of a job, in milliseconds. It makes the job come back after a lease
 * has expired, not just before.
 */
const LEASE_MARGIN_MS = 100;

/** How the work on a job ended: with its attempt, or with the reason why no attempt began. */
export type JobEnd =
  | AttemptResult
  /** No attempt can start before `until` (milliseconds on this machine's clock). */
  | { kind: 'busy'; until: number }
  /** The session waits for admission, which adds another job for it later. */
  | { kind: 'waiting' };

/** The dependencies of a job processor. */
export interface JobProcessorDeps {
  /** The dependencies that all attempts of this worker share. */
  attemptDeps: AttemptDeps;
  adopter: Adopter;
  claims: Claims;
  admission: Pick<Admission, 'advance' | 'releaseAfter'>;
  queue: Pick<SessionQueue, 'pauseMs'>;
  /** Knows the work roots of the other workers. */
  presence: Pick<Presence, 'hasRoot'>;
  /** The attempts under way in this process. */
  running: RunningAttempts;
  /**
   * Returns true while the process is stopping or its host is sick. A job then goes back to the queue
   * without an attempt.
   */
  isPaused: () => boolean;
  log: Logger;
}

/**
 * Returns the function that processes a job: it adopts the session, claims it and runs the attempt.
 * The function resolves to a JobEnd, which says how this work ended. It rejects if the session can
 * never run or if a store is unavailable. If the session needs a newer worker, it rejects with
 * UnknownFeaturesError.
 */
export function createJobProcessor(deps: JobProcessorDeps): (job: Job) => Promise<JobEnd> {
  const { attemptDeps, running, log } = deps;
  const { workerId, host } = attemptDeps.identity;
  const rootCheck = {
    sessions: attemptDeps.stores.sessions,
    presence: deps.presence,
    workRoot: attemptDeps.workRoot,
  };

  // Releases the sessions that wait for this session. If a store is unavailable, the reconciler
  // releases them later.
  async function settle(session: Session): Promise<void> {
    await deps.admission
      .releaseAfter(session)
      .catch((error: unknown) =>
        log.warn(
          { err: error, session_id: session.id },
          'the sessions that wait for this one were not released, leaving them to the reconciler',
        ),
      );
  }

  async function end(session: Session): Promise<AttemptResult> {
    await settle(session);
    return ended(session);
  }

  // If the session may start only at a later time, this job is tried again at that time. Otherwise admission adds
  // another job.
  async function untilItMay({ not_before }: Session): Promise<JobEnd> {
    const isEarly = not_before && not_before > (await attemptDeps.clock.now());
    return isEarly ? busyUntil(not_before) : { kind: 'waiting' };
  }

  // `time` is on MongoDB's clock; the queue's delay uses this machine's clock.
  async function busyUntil(time: Date): Promise<JobEnd> {
    const waitMs = time.getTime() - (await attemptDeps.clock.now()).getTime();
    return { kind: 'busy', until: Date.now() + Math.max(waitMs, 0) + LEASE_MARGIN_MS };
  }

  return async (job) => {
    const id = job.id ?? '';
    const found = await deps.adopter.adopt({ id, data: job.data, timestamp: job.timestamp });
    // The queue worker checked the job's features. The session document may require more
    // features than the job, if an older process made the job.
    if (!isTerminal(found.status)) checkFeatures(found);
    const adopted = await deps.admission.advance(found);
    if (isTerminal(adopted.status)) return end(adopted);
    if (deps.isPaused()) return { kind: 'handed_back' };
    // BullMQ delivered the job again because its lock was lost. Its attempt still runs here, and the
    // fence protects its writes.
    if (running.bySession.has(adopted.id)) {
      return { kind: 'busy', until: Date.now() + attemptDeps.leaseMs };
    }
    // A session with a stop request makes no call to the account and changes no file, so it waits for nothing.
    if (!adopted.cancel_requested_at && !adopted.interrupt_requested_at) {
      const pausedMs = await deps.queue.pauseMs().catch(() => 0);
      if (pausedMs > 0) return { kind: 'busy', until: Date.now() + pausedMs };
      if (await belongsElsewhere(adopted, rootCheck)) {
        return { kind: 'busy', until: Date.now() + OTHER_ROOT_WAIT_MS };
      }
    }
    // Earlier, a host kept this session from starting. So the session starts only if the probe of
    // this host passes now (core: model/session/host-failures.ts).
    const hasFailed = adopted.counts.host_failures > 0;
    if (hasFailed && (await attemptDeps.host.check())) return { kind: 'handed_back' };
    const claim = await deps.claims.claim(adopted.id, {
      worker_id: workerId,
      host,
      leaseMs: attemptDeps.leaseMs,
      claude_version: attemptDeps.cli.version,
    });
    switch (claim.kind) {
      case 'missing':
        throw new Error(
          `expected the document of session ${id}, which was just adopted, but found none`,
        );
      case 'terminal':
        attemptDeps.live.statusChanged(claim.session);
        return end(claim.session);
      case 'waiting':
        return untilItMay(claim.session);
      case 'busy':
        return busyUntil(claim.expires_at);
      case 'early':
        return busyUntil(claim.not_before);
      case 'claimed': {
        attemptDeps.live.statusChanged(claim.session);
        return running.run(claim.session, claim.attempt, async (over) => {
          if (over.kind === 'ended') await settle(claim.session);
        });
      }
    }
  };
}

function ended({ status, failure }: Session): AttemptResult {
  return { kind: 'ended', status, ...defined({ failure }) };
}
