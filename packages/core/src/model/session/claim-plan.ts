import { crashVerdict } from './crash-verdict.ts';
import type { FailureFacts } from './outcome.ts';
import type { Session } from './session.ts';
import { isTerminal } from './status.ts';

/** What a worker that met a session's job does with the session. */
export type ClaimPlan =
  | { kind: 'terminal' }
  | { kind: 'busy'; owner: string; expires_at: Date }
  | { kind: 'early'; not_before: Date }
  | { kind: 'waiting' }
  | { kind: 'cancel' }
  | { kind: 'fail'; failure: FailureFacts }
  | { kind: 'take'; crashed: boolean };

/**
 * Decides by the document alone. `now` is MongoDB's time. A session whose lease has expired lost its
 * worker; one whose cancel was asked for is never begun.
 */
export function planClaim(session: Session, now: Date): ClaimPlan {
  if (isTerminal(session.status)) return { kind: 'terminal' };
  const { owner, expires_at } = session.lease;
  const crashed = session.status !== 'queued';
  if (crashed && expires_at && expires_at > now) {
    return { kind: 'busy', owner: owner ?? '', expires_at };
  }
  if (session.cancel_requested_at) return { kind: 'cancel' };
  // Its job came from elsewhere: what it waits for has not let it go on.
  if (!crashed && session.waiting_for) return { kind: 'waiting' };
  // Its job may come early: one from another client, or one whose delay was lost with its worker.
  const { not_before } = session;
  if (!crashed && not_before && not_before > now) return { kind: 'early', not_before };
  const failure = crashed ? crashVerdict(session) : null;
  return failure ? { kind: 'fail', failure } : { kind: 'take', crashed };
}
