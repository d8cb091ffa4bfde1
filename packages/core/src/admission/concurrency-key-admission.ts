// Sessions of one concurrency key: a few run at once, the others wait in the order in which they were made.

import { planKeyRelease } from '../model/limits/key-release-plan.ts';
import type { Session } from '../model/session/session.ts';
import { isTerminal } from '../model/session/status.ts';
import type { StoreClock } from '../store/clock.ts';
import { forEachIsolated } from '../store/for-each-isolated.ts';
import type { SlotStore } from '../store/slot-store.ts';
import type { WaitingStore, WaitState } from '../store/waiting-store.ts';

/** How many sessions are released by one set of commands. */
const BATCH = 100;

// A process that loses the race for the slots knows that another one released sessions. After so many losses
// the rest is left to that process, or to the repair.
const MAX_ROUNDS = 100;

/** A session of a concurrency key. */
export type SessionOfKey = Session & { concurrency_key: string };

/** Admission by concurrency keys. */
export interface KeyAdmission {
  /** Lets a session that waited for something else wait for its key, and releases it where a slot is free. */
  enter(session: SessionOfKey): Promise<void>;
  /**
   * Releases a session that waits for its key where a slot is free. A session whose start time has not come
   * leaves the line without a slot: its job waits for that time, and enters the line again then.
   */
  tryRelease(session: SessionOfKey): Promise<void>;
  /** Releases those of these waiting sessions whose keys have free slots. */
  tryReleaseAll(sessions: readonly SessionOfKey[]): Promise<void>;
  /** Returns whether a session that waits for nothing must still enter its key's line before it runs. */
  mustEnter(session: SessionOfKey): Promise<boolean>;
  /** Frees the slot of a session that has ended, and releases the next one. */
  free(key: string, id: string): Promise<void>;
  /** Frees the slots of dead sessions and releases those that wait for free slots; returns how many. */
  repair(): Promise<number>;
}

/** What the keys are stored in; `enqueue` adds jobs for those sessions that wait for nothing, and counts them. */
interface KeyDeps {
  waiting: WaitingStore;
  slots: SlotStore;
  clock: StoreClock;
  enqueue: (states: readonly WaitState[]) => Promise<number>;
}

/** Returns whether a session is of a concurrency key. */
export function hasConcurrencyKey(session: Session): session is SessionOfKey {
  return session.concurrency_key !== undefined;
}

/** Returns whether the start time of a session has come, on MongoDB's clock. */
export async function isDue({ not_before }: Session, clock: StoreClock): Promise<boolean> {
  return !not_before || not_before <= (await clock.now());
}

/** Admission by the keys of a database. */
export function createKeyAdmission(deps: KeyDeps): KeyAdmission {
  const { waiting, slots, clock, enqueue } = deps;

  async function tryReleaseAll(sessions: readonly SessionOfKey[]): Promise<void> {
    for (const [key, waiters] of Map.groupBy(sessions, keyOf)) {
      const holders = await slots.holders(key);
      const fits = ({ id, concurrency_limit = 1 }: SessionOfKey) =>
        holders.length < concurrency_limit || holders.includes(id);
      // New waiters free no slot, so if none of them fits the scan can be skipped.
      if (waiters.some(fits)) await releaseNext(deps, key);
    }
  }

  return {
    tryReleaseAll,
    async enter(session) {
      await waiting.waitForKey(session.id, session.waiting_for);
      await tryReleaseAll([session]);
    },
    async tryRelease(session) {
      if (await isDue(session, clock)) await tryReleaseAll([session]);
      else await enqueue(await waiting.end([session.id], 'concurrency_key'));
    },
    async mustEnter(session) {
      // A session that had a start time took no slot before that time came.
      const isNew = session.lease.fence === 0;
      if (!isNew || !(await isDue(session, clock))) return false;
      return !(await slots.holders(session.concurrency_key)).includes(session.id);
    },
    async free(key, id) {
      await slots.free(key, [id]);
      await releaseNext(deps, key);
    },
    async repair() {
      let released = 0;
      await forEachIsolated(slots.all(), async ({ _id: key, holders }) => {
        const states = await waiting.states(holders);
        await freeDead(deps, key, holders, states);
        const stuck = states.filter((one) => one.waiting_for === 'concurrency_key');
        const ids = stuck.map(({ id }) => id);
        if (ids.length > 0) released += await endWaits(deps, key, ids);
      });
      await forEachIsolated(waiting.keysWaitedFor(), async (key) => {
        released += await releaseNext(deps, key);
      });
      return released;
    },
  };
}

// The slot first, then the end of the wait, then the job: a crash in between leaves a holder that waits, or a
// queued session without a job, and the reconciler repairs both.
async function releaseNext(deps: KeyDeps, key: string): Promise<number> {
  let released = 0;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const holders = await deps.slots.holders(key);
    const waiters = await deps.waiting.findByKey(key, BATCH);
    const { holding, granted } = planKeyRelease(holders, waiters);
    const chosen = [...holding, ...granted];
    if (chosen.length === 0) break;
    const isRaced =
      granted.length > 0 && !(await deps.slots.reserveAll(key, granted, holders.length));
    if (isRaced) continue;
    const count = await endWaits(deps, key, chosen);
    released += count;
    const isFull = chosen.length < waiters.length;
    if (isFull && count === chosen.length) break;
  }
  return released;
}

async function endWaits(deps: KeyDeps, key: string, ids: readonly string[]): Promise<number> {
  const states = await deps.waiting.end(ids, 'concurrency_key');
  // A session that was cancelled since it was chosen has a slot and will never run.
  await freeDead(deps, key, ids, states);
  return deps.enqueue(states);
}

async function freeDead(
  { slots }: KeyDeps,
  key: string,
  ids: readonly string[],
  states: readonly WaitState[],
): Promise<void> {
  const live = new Set(states.filter((one) => !isTerminal(one.status)).map(({ id }) => id));
  const dead = ids.filter((id) => !live.has(id));
  if (dead.length > 0) await slots.free(key, dead);
}

function keyOf({ concurrency_key }: SessionOfKey): string {
  return concurrency_key;
}
