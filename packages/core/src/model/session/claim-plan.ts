import { crashVerdict } from './crash-verdict.ts';
import type { FailureFacts } from './outcome.ts';
import type { Session } from './session.ts';
import { isTerminal } from './status.ts';

/** What a worker does with a session after it received the session's job. */
export type ClaimPlan =
  | { kind: 'terminal' }
  | { kind: 'busy'; owner: string; expires_at: Date }
  | { kind: 'early'; not_before: Date }
  | { kind: 'waiting' }
  | { kind: 'cancel' }
  | { kind: 'fail'; failure: FailureFacts }
  | { kind: 'take'; crashed: boolean };

/**
 * Decides what the worker does, only from the session document and `now`, which is MongoDB's time.
 * An expired lease of a started session means that its worker died. If a cancel was requested, the
 * session does not run.
 */
export function planClaim(session: Session, now: Date): ClaimPlan {
  if (isTerminal(session.status)) return { kind: 'terminal' };
  const { owner, expires_at } = session.lease;
  const crashed = session.status !== 'queued';
  if (crashed && expires_at && expires_at > now) {
    return { kind: 'busy', owner: owner ?? '', expires_at };
  }
  if (session.cancel_requested_at) return { kind: 'cancel' };
  // Another client added this job: Baton adds no job while the session waits.
  if (!crashed && session.waiting_for) return { kind: 'waiting' };
  // A job can come too early: another client may have added it, or its worker died before it delayed the job again.
  const { not_before } = session;
  if (!crashed && not_before && not_before > now) return { kind: 'early', not_before };
  const failure = crashed ? crashVerdict(session) : null;
  return failure ? { kind: 'fail', failure } : { kind: 'take', crashed };
}
