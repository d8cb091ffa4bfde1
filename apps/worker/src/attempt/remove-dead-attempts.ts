import type { Outcome } from '@baton/core/internal';
import { killMarked } from '../host/orphans.ts';
import type { AttemptContext } from './attempt-context.ts';
import { refuseAttempt } from './refuse-attempt.ts';

/**
 * Removes what dead attempts of the session left: events above the last commit, which no reader has
 * seen, and processes on this host. Resolves to the attempt's outcome if that fails, else to null.
 */
export async function removeDeadAttempts({
  deps,
  session,
  attempt: { fence },
  log,
}: AttemptContext): Promise<Outcome | null> {
  try {
    await deps.stores.events.clearAbove(session.id, session.last_event_seq, fence);
    if (session.attempts.length > 1) {
      // A killed worker leaves the CLI and its tools running (docs/claude-cli.md, sections 7 and
      // 13). Those processes would work at the same time as the new attempt.
      await killMarked((marker) => marker.sessionId === session.id && marker.fence < fence);
    }
    return null;
  } catch (error) {
    return refuseAttempt(error, deps.host, log);
  }
}
