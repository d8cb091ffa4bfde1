// What deleted sessions left beside their documents goes, and never what a later session of the same id
// writes: an idempotency key gives an id anew.
import { type Tombstone, tombstoneCovers } from '../model/session/tombstone.ts';
import { getCreationTime } from '../queue/queued-job.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import type { StoreClock } from '../store/clock.ts';
import type { ConversationTree } from '../store/conversation-tree.ts';
import type { SessionLeftovers } from '../store/session-leftovers.ts';
import type { TombstoneStore } from '../store/tombstone-store.ts';

/** How far the clocks of hosts may differ, in milliseconds. */
const SKEW_MS = 60_000;

/** Removes what is left of the sessions that tombstones stand for. */
export interface LeftoverRemoval {
  /** Removes all; false where `signal` came first, or another process finished it meanwhile. */
  finish(tombstone: Tombstone, signal?: AbortSignal): Promise<boolean>;
  /** Removes what was written since, unless the id is in use again; false where it has to go on later. */
  sweep(tombstone: Tombstone, signal: AbortSignal): Promise<boolean>;
}

/** The removal from a database and a queue. */
export function createLeftoverRemoval({
  leftovers,
  clock,
  queue,
  tree,
  tombstones,
}: {
  leftovers: SessionLeftovers;
  clock: StoreClock;
  queue: Pick<SessionQueue, 'find' | 'drop'>;
  tree: Pick<ConversationTree, 'findRoot'>;
  tombstones: Pick<TombstoneStore, 'noteRemoved'>;
}): LeftoverRemoval {
  async function remove(
    tombstone: Tombstone,
    before: Date,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const { id, last_event_seq: lastSeq, removed_to: removedTo = 0 } = tombstone;
    const job = await queue.find(id);
    if (job && tombstoneCovers(tombstone, getCreationTime(job))) await queue.drop(id);
    return leftovers.remove(
      { sessionId: id, removedTo, lastSeq, before },
      // Asked each time, for another may finish while this process stands still: then the id is free.
      async (to) =>
        (await tombstones.noteRemoved(tombstone, to)) && !(signal?.aborted && to > removedTo),
    );
  }

  return {
    async finish(tombstone, signal) {
      const now = await clock.now();
      return remove(tombstone, new Date(now.getTime() + SKEW_MS), signal);
    },
    async sweep(tombstone, signal) {
      // The time before the look: a session that begins behind it writes later.
      const now = await clock.now();
      if ((await tree.findRoot(tombstone.id)) !== null) return true;
      return remove(tombstone, new Date(now.getTime() - SKEW_MS), signal);
    },
  };
}
