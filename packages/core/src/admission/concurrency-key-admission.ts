// Admission by concurrency key: a few sessions of a key run at once, and the others wait, oldest
// first.

import { planKeyRelease } from '../model/limits/key-release-plan.ts';
import type { Session } from '../model/session/session.ts';
import { isTerminal } from '../model/session/status.ts';
import type { StoreClock } from '../store/clock.ts';
import { forEachIsolated } from '../store/for-each-isolated.ts';
import type { SlotStore } from '../store/slot-store.ts';
import type { WaitingStore, WaitState } from '../store/waiting-store.ts';

/** How many waiting sessions of a key are released together. */
const BATCH = 100;

// The maximum number of rounds in which a process tries to release the waiting sessions of a key. A
// round fails if another process takes the free slots first. After the last round, that process or
// `repair` releases the remaining sessions.
const MAX_ROUNDS = 100;

/** A session with a concurrency key. */
export type SessionOfKey = Session & { concurrency_key: string };

/** Admits sessions by their concurrency keys. */
export interface KeyAdmission {
  /** Makes a session wait for its key, and releases it if a slot is free. */
  enter(session: SessionOfKey): Promise<void>;
  /**
   * Releases a session that waits for its key, if a slot is free. If the session's start time has
   * not come, the session stops waiting for the key and takes no slot. Its job then waits for that
   * time, and the session waits for its key again when the time comes.
   */
  tryRelease(session: SessionOfKey): Promise<void>;
  /** Releases each of these waiting sessions whose key has a free slot. */
  tryReleaseAll(sessions: readonly SessionOfKey[]): Promise<void>;
  /**
   * Returns whether a session that waits for nothing must still wait for its key before it runs.
   */
  mustEnter(session: SessionOfKey): Promise<boolean>;
  /**
   * Frees the slot of a session that has ended, and releases the next waiting sessions of the key.
   */
  free(key: string, id: string): Promise<void>;
  /**
   * Frees the slots of dead sessions, and releases waiting sessions into the free slots. Returns
   * how many sessions it released.
   */
  repair(): Promise<number>;
}

/**
 * `enqueue` adds the job of each session that waits for nothing, and returns the number of these
 * sessions.
 */
interface KeyDeps {
  waiting: WaitingStore;
  slots: SlotStore;
  clock: StoreClock;
  enqueue: (states: readonly WaitState[]) => Promise<number>;
}

/** Returns whether a session has a concurrency key. */
export function hasConcurrencyKey(session: Session): session is SessionOfKey {
  return session.concurrency_key !== undefined;
}

/** Returns whether the start time of a session has come, by MongoDB's clock. */
export async function isDue({ not_before }: Session, clock: StoreClock): Promise<boolean> {
  return !not_before || not_before <= (await clock.now());
}

/** Creates the admission by the concurrency keys of a database. */
export function createKeyAdmission(deps: KeyDeps): KeyAdmission {
  const { waiting, slots, clock, enqueue } = deps;

  async function tryReleaseAll(sessions: readonly SessionOfKey[]): Promise<void> {
    for (const [key, waiters] of Map.groupBy(sessions, keyOf)) {
      const holders = await slots.holders(key);
      const fits = ({ id, concurrency_limit = 1 }: SessionOfKey) =>
        holders.length < concurrency_limit || holders.includes(id);
      // New waiters free no slot, so the scan is skipped if no new waiter fits.
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
      // A session that had to wait for its start time took no slot before that time came.
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

// Each released session first gets its slot, then its wait ends, then it gets its job. A crash in
// between leaves a waiting session that holds a slot, or a queued session without a job. The
// reconciler repairs both.
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
    // If a chosen session had already ended, its slot is free again, so another round is needed.
    const isFull = chosen.length < waiters.length;
    if (isFull && count === chosen.length) break;
  }
  return released;
}

async function endWaits(deps: KeyDeps, key: string, ids: readonly string[]): Promise<number> {
  const states = await deps.waiting.end(ids, 'concurrency_key');
  // A session that was cancelled after it was chosen holds a slot, but it will never run.
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
