// From a job to an attempt of its session, or to the reason why there is none now.
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
import type { RunningAttempts } from './running-attempts.ts';

/** A little past another owner's lease, so that its expiry is not met early, in milliseconds. */
const LEASE_MARGIN_MS = 100;

/** How the work on a job ended: with its attempt, or with the reason why no attempt began. */
export type JobEnd =
  | AttemptResult
  /** Nothing can be done before `until` (milliseconds on this machine's clock). */
  | { kind: 'busy'; until: number }
  /** The session waits for admission, which gives it another job. */
  | { kind: 'waiting' };

/** What processing a job needs. */
export interface JobProcessorDeps {
  /** What the attempts of this worker share. */
  attemptDeps: AttemptDeps;
  adopter: Adopter;
  claims: Claims;
  admission: Pick<Admission, 'advance' | 'releaseAfter'>;
  queue: Pick<SessionQueue, 'pauseMs'>;
  /** The attempts under way in this process. */
  running: RunningAttempts;
  /** Whether the process stops or its host is sick: then a job goes back to the queue before an attempt begins. */
  isPaused: () => boolean;
  log: Logger;
}

/**
 * Returns the function that processes a job: it adopts the session, claims it and runs the attempt. The function
 * resolves to how that ended; it rejects where the session cannot be run at all, where a store is away, and with
 * UnknownFeaturesError where the session needs a newer worker.
 */
export function createJobProcessor(deps: JobProcessorDeps): (job: Job) => Promise<JobEnd> {
  const { attemptDeps, running, log } = deps;
  const { workerId, host } = attemptDeps.identity;

  // Sessions that wait for this one may start. If a store is away now, the reconciler releases them later.
  async function settle(session: Session): Promise<void> {
    await deps.admission
      .releaseAfter(session)
      .catch((error: unknown) =>
        log.warn({ err: error, session_id: session.id }, 'what waits for the session waits on'),
      );
  }

  async function end(session: Session): Promise<AttemptResult> {
    await settle(session);
    return ended(session);
  }

  // A session that also waits for a time is looked at again then. Any other one gets another job from admission.
  async function untilItMay({ not_before }: Session): Promise<JobEnd> {
    const isEarly = not_before && not_before > (await attemptDeps.clock.now());
    return isEarly ? busyUntil(not_before) : { kind: 'waiting' };
  }

  // `time` is on MongoDB's clock; the queue waits on this machine's.
  async function busyUntil(time: Date): Promise<JobEnd> {
    const waitMs = time.getTime() - (await attemptDeps.clock.now()).getTime();
    return { kind: 'busy', until: Date.now() + Math.max(waitMs, 0) + LEASE_MARGIN_MS };
  }

  return async (job) => {
    const id = job.id ?? '';
    const found = await deps.adopter.adopt({ id, data: job.data, timestamp: job.timestamp });
    // The queue worker has checked the job. The document may require more: an older process may have made the job.
    if (!isTerminal(found.status)) checkFeatures(found);
    const adopted = await deps.admission.advance(found);
    if (isTerminal(adopted.status)) return end(adopted);
    if (deps.isPaused()) return { kind: 'handed_back' };
    // The job was delivered again because its lock was lost; its attempt still runs here, guarded by the fence.
    if (running.bySession.has(adopted.id)) {
      return { kind: 'busy', until: Date.now() + attemptDeps.leaseMs };
    }
    // A session that is to be stopped asks nothing of the account, so it does not wait for the account's limit.
    if (!adopted.cancel_requested_at && !adopted.interrupt_requested_at) {
      const pausedMs = await deps.queue.pauseMs().catch(() => 0);
      if (pausedMs > 0) return { kind: 'busy', until: Date.now() + pausedMs };
    }
    // A host has failed this session before: it begins only where the probe passes now (core: model/session/host-failures.ts).
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
        throw new Error(`session ${id} was adopted and is gone`);
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
