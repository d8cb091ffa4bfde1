import type { Logger, Outcome, Session } from '@baton/core/internal';
import type { HostHealth } from '../host/host-health.ts';
import type { NotEnded } from './run.ts';

/**
 * Returns the outcome of a session whose process could not be ended. The process may still work on
 * the session, so the session fails and no worker starts it again. If its answer was complete, the
 * answer stands. The host is not ready until the process is gone.
 */
export function outcomeOfNotEnded(
  outcome: Outcome,
  { members, why }: NotEnded,
  {
    session,
    host,
    log,
  }: { session: Pick<Session, 'id'>; host: Pick<HostHealth, 'notEnded'>; log: Logger },
): Outcome {
  host.notEnded(session.id, members);
  const pids = members.map(({ pid }) => Math.abs(pid)).join(', ');
  const message = `the claude CLI (pid ${pids}) could not be ended: ${why}; it may still work on the session`;
  log.error(`${message}; the host is not ready until it is gone`);
  if (outcome.kind === 'completed') return outcome;
  return { kind: 'failed', failure: { code: 'PROCESS_NOT_ENDED', message, retryable: false } };
}
