// Reserves the limits of a waiting session: one process claims the session, reserves, and undoes
// the reservation if it fails.
import { setTimeout as delay } from 'node:timers/promises';
import { nextWait } from '../model/job/waiting.ts';
import type { LimitReached } from '../model/limits/limit.ts';
import { newId } from '../model/schema/id.ts';
import type { Session } from '../model/session/session.ts';
import type { StoreClock } from '../store/clock.ts';
import type { LimitStore } from '../store/limit-store.ts';
import type { LimitWaits } from '../store/limit-waits.ts';
import type { LimitUsage, Undo } from './limit-usage.ts';

/**
 * The first and the longest wait between two tries to claim, in milliseconds. The wait doubles with
 * each try.
 */
const CLAIM_RETRY_MS = 5;
const CLAIM_RETRY_MAX_MS = 80;

/** How long a process tries to claim a session, in milliseconds. */
const CLAIM_FOR_MS = 10_000;

/**
 * The result of a reservation. `reserved`: the session no longer waits for its limits. `waiting`: a
 * cap has no room, and the session keeps waiting. `refused`: a cap has no room, and the session was
 * removed. `not_waiting`: the session no longer waited for its limits, or was deleted. `busy`:
 * another process holds the claim.
 */
export type Reservation =
  | { kind: 'reserved' | 'not_waiting' | 'busy' }
  | { kind: 'waiting' | 'refused'; reached: LimitReached };

/**
 * Reserves the limits of the waiting session `id`, and ends that wait. If a cap has no room and
 * `refuse` is true, removes the session, unless it asked to wait.
 */
export type ReserveLimits = (id: string, how: { refuse: boolean }) => Promise<Reservation>;

/** Creates the function that reserves limits in these stores. */
export function createLimitReservation({
  limits,
  usage,
  waits,
  clock,
}: {
  limits: Pick<LimitStore, 'getMany'>;
  usage: LimitUsage;
  waits: LimitWaits;
  clock: StoreClock;
}): ReserveLimits {
  // Only one process at a time reserves for a session. Otherwise one process could rely on a
  // reservation that another process is about to undo.
  async function claim(id: string, token: string): Promise<Session | 'not_waiting' | 'busy'> {
    const until = performance.now() + CLAIM_FOR_MS;
    for (let waitMs = CLAIM_RETRY_MS; performance.now() < until; waitMs *= 2) {
      const claimed = await waits.claim(id, token);
      if (claimed !== 'held_elsewhere') return claimed;
      await delay(Math.min(waitMs, CLAIM_RETRY_MAX_MS));
    }
    return 'busy';
  }

  async function reserveClaimed(
    session: Session,
    token: string,
    { refuse }: { refuse: boolean },
  ): Promise<Reservation> {
    const { id, not_before } = session;
    const undo: Undo = [];
    try {
      // A limit may have been removed since the session was accepted.
      const reached = await usage.reserve(id, await limits.getMany(session.limits ?? []), undo);
      if (!reached) {
        const isDelayed = not_before !== undefined && not_before > (await clock.now());
        const next = nextWait('budget', session, isDelayed);
        if (await waits.endWait(id, token, next)) return { kind: 'reserved' };
      }
      await releaseSlots(id, token, undo);
      if (!reached) return { kind: 'not_waiting' };
      const isRefused = refuse && session.on_limit !== 'wait';
      if (isRefused && (await waits.withdraw(id, token))) return { kind: 'refused', reached };
      await waits.dropClaim(id, token);
      return { kind: 'waiting', reached };
    } catch (error) {
      // If the release of the slots fails as well, the claim expires within seconds.
      await releaseSlots(id, token, undo).catch(() => {});
      await waits.dropClaim(id, token).catch(() => {});
      throw error;
    }
  }

  // If another process took over the claim, the reservations now belong to it. A reservation that
  // is not undone here is undone by the next claimant, by `repair`, or at the end of the minute.
  async function releaseSlots(id: string, token: string, undo: Undo): Promise<void> {
    if (undo.length === 0 || !(await waits.renewClaim(id, token))) return;
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  }

  return async (id, how) => {
    const token = newId();
    const claimed = await claim(id, token);
    return typeof claimed === 'string' ? { kind: claimed } : reserveClaimed(claimed, token, how);
  };
}
