// What deletions need beside those who ask for them: what died is finished, and what is gone is looked at
// again. Each has its share of a round, so that a large one leaves the others their time.
import type { Tombstone } from '../model/session/tombstone.ts';
import type { StoreClock } from '../store/clock.ts';
import type { SpentStore } from '../store/spent-store.ts';
import type { TombstoneStore } from '../store/tombstone-store.ts';
import type { LeftoverRemoval } from './leftover-removal.ts';

/** How old a mark is, in milliseconds, whose process counts as dead. */
const ASKED_MAX_MS = 60_000;

/** The share of one deletion, or of one look, in milliseconds; the step it ends in is done whole. */
const SHARE_MS = 250;

/** Does a share of one, and says how far it is: `more` comes again in this round, `later` in another. */
type MaintenanceTask = (share: AbortSignal) => Promise<'finished' | 'more' | 'later'>;

/**
 * Makes rounds: each ends with `signal` at the latest, and returns how many deletions it finished. One that
 * fails is tried again in another round; the round then throws at its end.
 */
export function createDeletionUpkeep({
  clock,
  tombstones,
  spent,
  removal,
  finish,
}: {
  clock: StoreClock;
  tombstones: TombstoneStore;
  spent: Pick<SpentStore, 'forget'>;
  removal: Pick<LeftoverRemoval, 'sweep'>;
  finish(rootId: string, signal: AbortSignal): Promise<'gone' | 'deleting'>;
}): (signal: AbortSignal) => Promise<number> {
  // The next round goes on behind it, and begins again at the end.
  let place: string | undefined;

  function goOn({ id, state, at }: Tombstone, now: Date): MaintenanceTask {
    return async (share) => {
      place = id;
      if (state === 'deleting') {
        if ((await finish(id, share)) === 'gone') return 'finished';
        return share.aborted ? 'more' : 'later';
      }
      if (at.getTime() < now.getTime() - ASKED_MAX_MS) await tombstones.takeBack(id);
      return 'later';
    };
  }

  function sweep(tombstone: Tombstone, now: Date): MaintenanceTask {
    return async (share) => {
      if (await removal.sweep(tombstone, share)) await tombstones.swept(tombstone, now);
      else await tombstones.putOff(tombstone, now);
      return 'later';
    };
  }

  async function unfinished(): Promise<Tombstone[]> {
    const behind = await tombstones.unfinished(place);
    if (behind.length > 0 || place === undefined) return behind;
    return tombstones.unfinished();
  }

  return async (signal) => {
    const now = await clock.now();
    await spent.forget(now);
    const deletions = (await unfinished()).map((one) => goOn(one, now));
    const sweeps = (await tombstones.dueForSweep(now)).map((one) => sweep(one, now));
    const chores = alternate(deletions, sweeps);
    let finished = 0;
    const errors: unknown[] = [];
    for (const chore of chores) {
      if (signal.aborted) break;
      const share = AbortSignal.any([signal, AbortSignal.timeout(SHARE_MS)]);
      const came = await chore(share).catch((error: unknown) => errors.push(error));
      if (came === 'finished') finished += 1;
      if (came === 'more') chores.push(chore);
    }
    // Once the others had theirs.
    if (errors.length > 0) throw errors[0];
    return finished;
  };
}

function alternate<T>(first: readonly T[], second: readonly T[]): T[] {
  const longest = Math.max(first.length, second.length);
  return Array.from({ length: longest }, (_, index) =>
    [first, second].flatMap((list) => list.slice(index, index + 1)),
  ).flat();
}
