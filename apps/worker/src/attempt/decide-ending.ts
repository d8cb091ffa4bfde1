import type { HostFailure, Outcome } from '@baton/core/internal';
import type { AttemptContext } from './attempt-context.ts';
import { retryTime } from './backoff.ts';
import { countHostFailure } from './host-strikes.ts';

/** How an attempt is to end. */
export interface DecidedEnding {
  /** The outcome that is written; `failed` where too many hosts could not start the session. */
  outcome: Outcome;
  /** When that was decided, on MongoDB's clock. */
  now: Date;
  /** There if the host kept the attempt from starting: the session's host failures, this one included. */
  hostFailures: HostFailure[] | undefined;
  /** When a failed attempt is tried again; absent where its failure is the session's. */
  retryAt: Date | undefined;
}

/**
 * Decides what the outcome of a run means for its session: the failure of a host is counted, and fails the session
 * once too many hosts that are well could not start it; a failure that may pass is tried again while the session
 * has retries left.
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
