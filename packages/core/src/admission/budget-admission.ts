// Sessions under limits of their API key and tags: at most so many at once, a minute, and dollars a day.

import { setTimeout as delay } from 'node:timers/promises';
import { waitAfterBudget } from '../model/job/waiting.ts';
import type { LimitReached } from '../model/limits/limit.ts';
import { defined } from '../model/schema/defined.ts';
import { newId } from '../model/schema/id.ts';
import type { Session } from '../model/session/session.ts';
import { isTerminal } from '../model/session/status.ts';
import type { BudgetWaits } from '../store/budget-waits.ts';
import type { StoreClock } from '../store/clock.ts';
import { forEachIsolated } from '../store/for-each-isolated.ts';
import type { LimitStore } from '../store/limit-store.ts';
import type { SlotStore } from '../store/slot-store.ts';
import type { WaitingStore } from '../store/waiting-store.ts';
import type { BudgetRoom } from './budget-room.ts';

/** How many of those that wait are looked at in one command. */
const BATCH = 100;

/** How long a caller may take, in milliseconds, to refuse what it did not want to wait. */
const REFUSED_WITHIN_MS = 30_000;

/** How long a limit, or that there is none, is taken for true where many ask, in milliseconds. */
const KNOWN_MS = 2_000;
const KNOWN_MAX = 10_000;

/** How soon one looks again at a session that another lets pass, later each time, and for how long, in milliseconds. */
const LOOK_AGAIN_MS = 5;
const LOOK_AGAIN_MAX_MS = 80;
const LOOK_FOR_MS = 10_000;

/**
 * What became of a session that was to pass its limits. `gone`: it waits for them no more, or is not there
 * any more. `busy`: others are at it. `kept`: it waits on. `refused`: it was taken away.
 */
export type Passage =
  | { kind: 'passed' | 'gone' | 'busy' }
  | { kind: 'kept' | 'refused'; reached: LimitReached };

/** Lets sessions pass their limits. Every step may be done twice, by several at once, and be cut off by a crash. */
export interface BudgetAdmission {
  /** Of these limits, those that there are; a change is seen within two seconds. */
  existing(ids: readonly string[]): Promise<string[]>;
  /** Which cap keeps a further session of these limits out now; null where there is room. Takes nothing. */
  look(ids: readonly string[]): Promise<LimitReached | null>;
  /**
   * Lets a session that waits for its budgets go on to what it waits for next, or says what keeps it. With
   * `refuse`, one that is kept and did not say to wait is taken away.
   */
  pass(id: string, how: { refuse: boolean }): Promise<Passage>;
  /** Frees the slots of a session that has ended. */
  free(session: Pick<Session, 'id' | 'limits'>): Promise<void>;
  /** Hands over to `letGo` who may go on, of those that wait for this limit, or for any; counts them. */
  admit(letGo: (session: Session) => Promise<Passage>, of?: string): Promise<number>;
  /** Frees the slots of sessions that ended or are gone. */
  repair(): Promise<void>;
}

/** The admission by the limits of a database. */
export function createBudgetAdmission({
  limits,
  slots,
  room,
  waits,
  waiting,
  clock,
}: {
  limits: Pick<LimitStore, 'named'>;
  slots: SlotStore;
  room: BudgetRoom;
  waits: BudgetWaits;
  waiting: Pick<WaitingStore, 'standings'>;
  clock: StoreClock;
}): BudgetAdmission {
  const known = new Map<string, { exists: boolean; at: number }>();

  // Whoever lets a session pass does so alone: what one takes for it, and gives back, no other leans on.
  async function claim(id: string, token: string): Promise<Session | 'gone' | 'busy'> {
    const until = performance.now() + LOOK_FOR_MS;
    for (let waitMs = LOOK_AGAIN_MS; performance.now() < until; waitMs *= 2) {
      const claimed = await waits.claim(id, token);
      if (claimed !== 'taken') return claimed;
      await delay(Math.min(waitMs, LOOK_AGAIN_MAX_MS));
    }
    return 'busy';
  }

  async function passClaimed(
    session: Session,
    token: string,
    { refuse }: { refuse: boolean },
  ): Promise<Passage> {
    const { id, not_before } = session;
    const undo: (() => Promise<void>)[] = [];
    try {
      // Of those that were there when it was accepted, some may be gone.
      const reached = await room.take(id, await limits.named(session.limits ?? []), undo);
      if (!reached) {
        const isDelayed = not_before !== undefined && not_before > (await clock.now());
        const next = waitAfterBudget(session, isDelayed);
        if (await waits.pass(id, token, next)) return { kind: 'passed' };
      }
      await giveBack(id, token, undo);
      if (!reached) return { kind: 'gone' };
      const isRefused = refuse && session.on_limit !== 'wait';
      if (isRefused && (await waits.withdraw(id, token))) return { kind: 'refused', reached };
      await waits.release(id, token);
      return { kind: 'kept', reached };
    } catch (error) {
      // Where this fails too, it is over in seconds.
      await giveBack(id, token, undo).catch(() => {});
      await waits.release(id, token).catch(() => {});
      throw error;
    }
  }

  // Who was overtaken leaves it to the other. What fails here is taken back by the next who lets the session
  // pass, by the repair, or by the minute that turns.
  async function giveBack(id: string, token: string, undo: (() => Promise<void>)[]): Promise<void> {
    if (undo.length === 0 || !(await waits.keep(id, token))) return;
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  }

  return {
    async existing(ids) {
      const at = performance.now();
      const asked = ids.filter(
        (id) => at - (known.get(id)?.at ?? Number.NEGATIVE_INFINITY) > KNOWN_MS,
      );
      if (known.size + asked.length > KNOWN_MAX) known.clear();
      const found = asked.length > 0 ? await limits.named(asked) : new Map();
      for (const id of asked) known.set(id, { exists: found.has(id), at });
      return ids.filter((id) => known.get(id)?.exists);
    },
    look: async (ids) => room.look(await limits.named(ids)),
    async pass(id, how) {
      const token = newId();
      const claimed = await claim(id, token);
      return typeof claimed === 'string' ? { kind: claimed } : passClaimed(claimed, token, how);
    },
    async free({ id, limits: names = [] }) {
      for (const name of names) await slots.free(name, [id]);
    },
    async admit(letGo, of) {
      const before = new Date((await clock.now()).getTime() - REFUSED_WITHIN_MS);
      const full = new Set<string>();
      let gone = 0;
      // Whoever is kept by a limit keeps all behind it that are under that limit too: first come, first served.
      for (;;) {
        const asked = { ...defined({ of }), but: [...full], before };
        const waiters = await waits.list({ ...asked, limit: BATCH });
        for (const waiter of waiters) {
          if (waiter.limits?.some((name) => full.has(name))) continue;
          const passage = await letGo(waiter);
          if (passage.kind === 'passed') gone += 1;
          if (passage.kind === 'kept') full.add(passage.reached.limit);
          if (passage.kind === 'busy') for (const name of waiter.limits ?? []) full.add(name);
        }
        if (waiters.length < BATCH || (of !== undefined && full.has(of))) return gone;
      }
    },
    async repair() {
      await forEachIsolated(slots.all(), async ({ _id: name, holders }) => {
        const standings = await waiting.standings(holders);
        const live = standings.filter(({ status }) => !isTerminal(status));
        const ids = new Set(live.map(({ id }) => id));
        const dead = holders.filter((id) => !ids.has(id));
        if (dead.length > 0) await slots.free(name, dead);
      });
    },
  };
}
