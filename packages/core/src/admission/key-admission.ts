// Sessions of one concurrency key: at most so many under way, the others let go on in turn.

import { planAdmission } from '../model/limits/admission-plan.ts';
import type { Session } from '../model/session/session.ts';
import { isTerminal } from '../model/session/status.ts';
import { forEachIsolated } from '../store/for-each-isolated.ts';
import type { SlotStore } from '../store/slot-store.ts';
import type { Standing, WaitingStore } from '../store/waiting-store.ts';

/** How many go on by one round of commands. */
const BATCH = 100;

// Whoever overtakes us lets somebody go on: what is left after so many rounds is left to them, or to a repair.
const MAX_ROUNDS = 100;

/** A session of a concurrency key. */
export type KeyedSession = Session & { concurrency_key: string };

/** The admission of sessions by their concurrency keys. */
export interface KeyAdmission {
  /** Lets go on who may, of those that wait for the key; returns how many. */
  admit(key: string): Promise<number>;
  /** Lets sessions that wait for their keys go on. */
  advance(sessions: readonly KeyedSession[]): Promise<void>;
  /** Says whether a session has a slot of its key. */
  holds(session: KeyedSession): Promise<boolean>;
  /** Frees the slot of a session that has ended, and lets the next go on. */
  free(key: string, id: string): Promise<void>;
  /** Frees the slots of the dead, and lets go on who was left waiting; returns how many. */
  repair(): Promise<number>;
}

/** Admission by keys; `enqueue` gives those of these that wait for nothing their jobs, and counts them. */
export function createKeyAdmission({
  waiting,
  slots,
  enqueue,
}: {
  waiting: WaitingStore;
  slots: SlotStore;
  enqueue: (standings: readonly Standing[]) => Promise<number>;
}): KeyAdmission {
  // The slot first, then the end of the wait, then the job: a crash in between leaves a holder that waits,
  // or a queued session without a job, and the reconciler knows both.
  async function admit(key: string): Promise<number> {
    let admitted = 0;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const holders = await slots.holders(key);
      const waiters = await waiting.ofKey(key, BATCH);
      const { held, taken } = planAdmission(holders, waiters);
      const chosen = [...held, ...taken];
      if (chosen.length === 0) break;
      if (taken.length > 0 && !(await slots.take(key, taken, holders.length))) continue;
      const gone = await letGo(key, chosen);
      admitted += gone;
      const isFull = chosen.length < waiters.length;
      if (isFull && gone === chosen.length) break;
    }
    return admitted;
  }

  async function letGo(key: string, ids: readonly string[]): Promise<number> {
    const standings = await waiting.end(ids, 'concurrency_key');
    // Cancelled meanwhile: their slots were given to the dead.
    await freeEnded(key, ids, standings);
    return enqueue(standings);
  }

  async function freeEnded(key: string, ids: readonly string[], standings: readonly Standing[]) {
    const live = new Set(standings.filter((one) => !isTerminal(one.status)).map(({ id }) => id));
    const gone = ids.filter((id) => !live.has(id));
    if (gone.length > 0) await slots.free(key, gone);
  }

  return {
    admit,
    async advance(sessions) {
      for (const [key, waiters] of Map.groupBy(sessions, keyOf)) {
        const holders = await slots.holders(key);
        const mayGoOn = ({ id, concurrency_limit = 1 }: KeyedSession) =>
          holders.length < concurrency_limit || holders.includes(id);
        // Nobody else goes on because these came: where none of them may, the line need not be looked at.
        if (waiters.some(mayGoOn)) await admit(key);
      }
    },
    holds: async ({ id, concurrency_key }) => (await slots.holders(concurrency_key)).includes(id),
    async free(key, id) {
      await slots.free(key, [id]);
      await admit(key);
    },
    async repair() {
      let moved = 0;
      await forEachIsolated(slots.all(), async ({ _id: key, holders }) => {
        const standings = await waiting.standings(holders);
        await freeEnded(key, holders, standings);
        const held = standings.filter((one) => one.waiting_for === 'concurrency_key');
        const ids = held.map(({ id }) => id);
        if (ids.length > 0) moved += await letGo(key, ids);
      });
      await forEachIsolated(waiting.keys(), async (key) => {
        moved += await admit(key);
      });
      return moved;
    },
  };
}

function keyOf({ concurrency_key }: KeyedSession): string {
  return concurrency_key;
}
