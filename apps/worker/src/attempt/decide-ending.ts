import type { HostFailure, Outcome } from '@baton/core/internal';
import type { AttemptContext } from './attempt-context.ts';
import { retryTime } from './backoff.ts';
import { countHostFailure } from './host-strikes.ts';

/** How an attempt ends, as decided before the ending is written. */
export interface DecidedEnding {
  /**
   * The outcome to write. A `host_failure` becomes `failed` if healthy hosts have failed too often
   * to start the session.
   */
  outcome: Outcome;
  /** The time of the decision, on MongoDB's clock. */
  now: Date;
  /**
   * The session's host failures, including this failure. Undefined unless the host caused the
   * outcome.
   */
  hostFailures: HostFailure[] | undefined;
  /** When the session is tried again. Undefined unless the session failed and is retried. */
  retryAt: Date | undefined;
}

/**
 * Decides what the outcome of a run means for its session. A host failure is counted. It fails the
 * session if healthy hosts have failed too often to start the session. A session with a retryable
 * failure is tried again while it has retries left.
 */
export async function decideEnding(
  { deps, session, attempt }: AttemptContext,
  ofRun: Outcome,
): Promise<DecidedEnding> {
  const now = await deps.clock.now();
  const strike = { workerId: attempt.worker_id, now };
  const { outcome, hostFailures } = countHostFailure(session, ofRun, strike);
  const timing = { now, random: Math.random(), firstMs: deps.retryFirstMs };
  return { outcome, now, hostFailures, retryAt: retryTime(outcome, session, timing) };
}
