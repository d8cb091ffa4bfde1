import {
  addHostFailure,
  type HostFailure,
  hostVerdict,
  type Outcome,
  type Session,
} from '@baton/core/internal';

/**
 * Counts the failure of a host, where the outcome is one: the session's host failures with it, and the
 * outcome, which is the session's end where too many hosts that are well could not start it.
 */
export function countHostFailure(
  { host_failures: before = [] }: Pick<Session, 'host_failures'>,
  outcome: Outcome,
  { workerId, now }: { workerId: string; now: Date },
): { outcome: Outcome; hostFailures?: HostFailure[] } {
  if (outcome.kind !== 'host_failure') return { outcome };
  const { code, message } = outcome.failure;
  // A worker probes its host before it takes a session that a host has failed already (sessions/process-job.ts).
  const proved = before.length > 0;
  const failure = { worker_id: workerId, at: now, code, message, proved };
  const hostFailures = addHostFailure(before, failure);
  const verdict = hostVerdict(hostFailures);
  return { outcome: verdict ? { kind: 'failed', failure: verdict } : outcome, hostFailures };
}
