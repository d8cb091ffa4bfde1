import {
  addHostFailure,
  type HostFailure,
  hostVerdict,
  type Outcome,
  type Session,
} from '@baton/core/internal';

/**
 * Counts the failure of a host, where the outcome is one: the session's host failures with it, and the
 * outcome, which is the session's end where too many hosts that are well could not start it. Only failures
 * since its last start count for that: a session that ran on some host is not what keeps hosts from starting it.
 */
export function countHostFailure(
  { host_failures: before = [], attempts }: Pick<Session, 'host_failures' | 'attempts'>,
  outcome: Outcome,
  { workerId, now }: { workerId: string; now: Date },
): { outcome: Outcome; hostFailures?: HostFailure[] } {
  if (outcome.kind !== 'host_failure') return { outcome };
  const { code, message } = outcome.failure;
  // A worker probes its host before it takes a session that a host has failed already (sessions/process-job.ts).
  const proved = before.length > 0;
  const failure = { worker_id: workerId, at: now, code, message, proved };
  // The pid of an attempt is stored with the first line that its CLI printed.
  const lastStart = attempts.findLast(({ pid }) => pid !== undefined)?.started_at;
  const sinceStart = before.filter(({ at }) => lastStart === undefined || at > lastStart);
  const verdict = hostVerdict([...sinceStart, failure]);
  return {
    outcome: verdict ? { kind: 'failed', failure: verdict } : outcome,
    hostFailures: addHostFailure(before, failure),
  };
}
