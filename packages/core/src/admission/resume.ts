// The transitions of a waiting session; admission.ts describes its states.
import type { Session } from '../model/session/session.ts';
import type { SessionStore } from '../store/session-store.ts';
import type { WaitState } from '../store/waiting-store.ts';
import { hasKey, type KeyAdmission } from './concurrency-key-admission.ts';
import type { LimitAdmission } from './limit-admission.ts';
import type { Reservation } from './limit-reservation.ts';
import type { ParentAdmission } from './parent-admission.ts';

/** Moves waiting sessions on. */
export interface Resume {
  /** Moves a queued session on as far as possible now; returns it as it then is. */
  session(session: Session): Promise<Session>;
  /**
   * The same, except that a session which comes from its parent stops at its limits: the caller releases all
   * that wait there, by age, with `waitersOf`.
   */
  step(session: Session): Promise<Session>;
  /** Reserves the limits of a session that waits for them, and moves it on where that succeeds. */
  atLimits(waiter: Session): Promise<Reservation>;
  /** Releases sessions that wait for these limits, oldest first. */
  waitersOf(limitIds: Iterable<string>): Promise<void>;
}

/** The transitions over these admissions; `enqueue` adds jobs for sessions that wait for nothing. */
export function createResume({
  sessions,
  parents,
  limits,
  keys,
  enqueue,
}: {
  sessions: Pick<SessionStore, 'get'>;
  parents: ParentAdmission;
  limits: LimitAdmission;
  keys: KeyAdmission;
  enqueue: (states: readonly WaitState[]) => Promise<number>;
}): Resume {
  async function atLimits(waiter: Session): Promise<Reservation> {
    const reservation = await limits.reserveWaiting(waiter.id);
    // If another process admitted this session, that process (or the reconciler) enqueues it.
    if (reservation.kind !== 'reserved') return reservation;
    const session = await sessions.get(waiter.id);
    if (session?.waiting_for) await step(session);
    else if (session) await enqueue([session]);
    return reservation;
  }

  async function waitersOf(limitIds: Iterable<string>): Promise<void> {
    for (const limitId of limitIds) await limits.releaseNext(atLimits, limitId);
  }

  async function step(session: Session): Promise<Session> {
    if (session.status !== 'queued') return session;
    if (session.waiting_for === 'budget') await atLimits(session);
    else if (session.waiting_for === 'parent') await parents.resume(session);
    else if (session.waiting_for && hasKey(session)) await keys.resume(session);
    else if (hasKey(session) && (await keys.mustEnter(session))) await keys.enter(session);
    else return session;
    return (await sessions.get(session.id)) ?? session;
  }

  return {
    step,
    atLimits,
    waitersOf,
    async session(session) {
      const stepped = await step(session);
      const hasReachedLimits = session.waiting_for === 'parent' && stepped.waiting_for === 'budget';
      if (!hasReachedLimits) return stepped;
      await waitersOf(stepped.limits ?? []);
      return (await sessions.get(session.id)) ?? stepped;
    },
  };
}
