// The transitions of a waiting session. admission.ts describes its states.
import type { Session } from '../model/session/session.ts';
import type { SessionStore } from '../store/session-store.ts';
import type { WaitState } from '../store/waiting-store.ts';
import { hasConcurrencyKey, type KeyAdmission } from './concurrency-key-admission.ts';
import type { LimitAdmission } from './limit-admission.ts';
import type { Reservation } from './limit-reservation.ts';
import type { ParentAdmission } from './parent-admission.ts';

/** The transitions of the sessions of a database. */
export interface Transitions {
  /** Advances a queued session, and returns it in its new state. */
  advance(session: Session): Promise<Session>;
  /**
   * Advances a queued session. If the session waited for its parent and is under limits, it then
   * waits for its limits. The caller then calls `releaseWaitersOf` to release the sessions that
   * wait for those limits, oldest first.
   */
  advanceOneState(session: Session): Promise<Session>;
  /**
   * Reserves the limits of a session that waits for them. If that succeeds, advances the session.
   */
  tryLimits(waiter: Session): Promise<Reservation>;
  /** Releases the sessions that wait for these limits, oldest first. */
  releaseWaitersOf(limitIds: Iterable<string>): Promise<void>;
}

/** Creates the transitions. `enqueue` adds the jobs of sessions that wait for nothing. */
export function createTransitions({
  sessions,
  byParent,
  byLimits,
  byKey,
  enqueue,
}: {
  sessions: Pick<SessionStore, 'get'>;
  byParent: ParentAdmission;
  byLimits: LimitAdmission;
  byKey: KeyAdmission;
  enqueue: (states: readonly WaitState[]) => Promise<number>;
}): Transitions {
  async function tryLimits(waiter: Session): Promise<Reservation> {
    const reservation = await byLimits.reserveWaiting(waiter.id);
    // If another process admitted this session, that process (or the reconciler) enqueues it.
    if (reservation.kind !== 'reserved') return reservation;
    const session = await sessions.get(waiter.id);
    if (session?.waiting_for) await advanceOneState(session);
    else if (session) await enqueue([session]);
    return reservation;
  }

  async function releaseWaitersOf(limitIds: Iterable<string>): Promise<void> {
    for (const limitId of limitIds) await byLimits.releaseNext(tryLimits, limitId);
  }

  async function advanceOneState(session: Session): Promise<Session> {
    if (session.status !== 'queued') return session;
    if (session.waiting_for === 'budget') await tryLimits(session);
    else if (session.waiting_for === 'parent') await byParent.tryRelease(session);
    else if (session.waiting_for && hasConcurrencyKey(session)) await byKey.tryRelease(session);
    else if (hasConcurrencyKey(session) && (await byKey.mustEnter(session)))
      await byKey.enter(session);
    else return session;
    return (await sessions.get(session.id)) ?? session;
  }

  return {
    advanceOneState,
    tryLimits,
    releaseWaitersOf,
    async advance(session) {
      const advanced = await advanceOneState(session);
      const hasReachedLimits =
        session.waiting_for === 'parent' && advanced.waiting_for === 'budget';
      if (!hasReachedLimits) return advanced;
      await releaseWaitersOf(advanced.limits ?? []);
      return (await sessions.get(session.id)) ?? advanced;
    },
  };
}
