// The maintenance of deletions. It completes deletions that a crash cut off, removes what late
// writers stored for deleted sessions (a sweep), and removes messages that no session accepted.
// Each of these tasks gets a share of a round, so a large task leaves time for the other tasks.
import type { Tombstone } from '../model/session/tombstone.ts';
import type { StoreClock } from '../store/clock.ts';
import type { MessageRetention } from '../store/message-retention.ts';
import type { SpentStore } from '../store/spent-store.ts';
import type { TombstoneStore } from '../store/tombstone-store.ts';
import type { LeftoverRemoval } from './leftover-removal.ts';

/** How old a mark must be, in milliseconds, before the process that set the mark counts as dead. */
const MARK_EXPIRES_MS = 60_000;

/**
 * How long one deletion or sweep may run in its share of a round, in milliseconds. A step that is
 * running when the share ends is completed.
 */
const TASK_MS = 250;

/**
 * Works on one deletion or sweep until `share` aborts. `more`: the task gets another share in this
 * round. `later`: the task waits for another round.
 */
type DeletionStep = (share: AbortSignal) => Promise<'finished' | 'more' | 'later'>;

/**
 * Creates the function that runs one round and returns how many deletions the round completed. A
 * round ends at the latest when `signal` aborts. If a task fails, the round still runs the other
 * tasks, and then throws the error. A later round tries the task again.
 */
export function createDeletionMaintenance({
  clock,
  tombstones,
  spent,
  messageRetention,
  removal,
  finish,
}: {
  clock: StoreClock;
  tombstones: TombstoneStore;
  spent: Pick<SpentStore, 'removeExpired'>;
  messageRetention: MessageRetention;
  removal: Pick<LeftoverRemoval, 'sweep'>;
  finish(rootId: string, signal: AbortSignal): Promise<'gone' | 'deleting'>;
}): (signal: AbortSignal) => Promise<number> {
  // The id of the root at which the last round stopped. The next round continues after this root,
  // or starts again with the first root if no root follows.
  let cursor: string | undefined;

  function continueDeletion({ id, state, at }: Tombstone, now: Date): DeletionStep {
    return async (share) => {
      cursor = id;
      if (state === 'deleting') {
        if ((await finish(id, share)) === 'gone') return 'finished';
        return share.aborted ? 'more' : 'later';
      }
      if (at.getTime() < now.getTime() - MARK_EXPIRES_MS) await tombstones.unmark(id);
      return 'later';
    };
  }

  function sweep(tombstone: Tombstone, now: Date): DeletionStep {
    return async (share) => {
      if (await removal.sweep(tombstone, share)) await tombstones.finishSweep(tombstone, now);
      else await tombstones.postponeSweep(tombstone, now);
      return 'later';
    };
  }

  async function unfinished(): Promise<Tombstone[]> {
    const behind = await tombstones.unfinished(cursor);
    if (behind.length > 0 || cursor === undefined) return behind;
    return tombstones.unfinished();
  }

  return async (signal) => {
    const now = await clock.now();
    await spent.removeExpired(now);
    await messageRetention.removeUnaccepted();
    const deletions = (await unfinished()).map((one) => continueDeletion(one, now));
    const sweeps = (await tombstones.dueForSweep(now)).map((one) => sweep(one, now));
    const tasks = alternate(deletions, sweeps);
    let finished = 0;
    const errors: unknown[] = [];
    for (const task of tasks) {
      if (signal.aborted) break;
      const share = AbortSignal.any([signal, AbortSignal.timeout(TASK_MS)]);
      const result = await task(share).catch((error: unknown) => errors.push(error));
      if (result === 'finished') finished += 1;
      if (result === 'more') tasks.push(task);
    }
    // The error is thrown only here, so every task had its share first.
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
