import {
  addHostFailure,
  type HostFailure,
  hostVerdict,
  type Outcome,
  type Session,
} from '@baton/core/internal';

/**
 * Counts the outcome if it is a host failure. Returns the outcome, and the session's host failures
 * including this failure. The outcome becomes `failed` if healthy hosts have failed too often to
 * start the session (`hostVerdict`). Only failures since the session's last start count, because a
 * session that has started once can be started.
 */
export function countHostFailure(
  { host_failures: before = [], attempts }: Pick<Session, 'host_failures' | 'attempts'>,
  outcome: Outcome,
  { workerId, now }: { workerId: string; now: Date },
): { outcome: Outcome; hostFailures?: HostFailure[] } {
  if (outcome.kind !== 'host_failure') return { outcome };
  const { code, message } = outcome.failure;
  // Before a worker takes a session with a host failure, it probes its own host
  // (sessions/process-job.ts).
  const proved = before.length > 0;
  const failure = { worker_id: workerId, at: now, code, message, proved };
  // An attempt has a pid once its CLI has printed the first init line.
  const lastStart = attempts.findLast(({ pid }) => pid !== undefined)?.started_at;
  const sinceStart = before.filter(({ at }) => lastStart === undefined || at > lastStart);
  const verdict = hostVerdict([...sinceStart, failure]);
  return {
    outcome: verdict ? { kind: 'failed', failure: verdict } : outcome,
    hostFailures: addHostFailure(before, failure),
  };
}
