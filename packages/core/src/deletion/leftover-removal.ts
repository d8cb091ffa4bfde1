// Removes the leftovers of deleted sessions, but nothing that a later session with the same id
// wrote. Such a session exists if an idempotency key is used again.
import { type Tombstone, tombstoneCovers } from '../model/session/tombstone.ts';
import { getCreationTime } from '../queue/queued-job.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import type { StoreClock } from '../store/clock.ts';
import type { ConversationTree } from '../store/conversation-tree.ts';
import type { FileStore } from '../store/file-store.ts';
import type { SessionLeftovers } from '../store/session-leftovers.ts';
import type { TombstoneStore } from '../store/tombstone-store.ts';

/** How far the clocks of hosts may differ, in milliseconds. */
const SKEW_MS = 60_000;

/** Removes the leftovers of a deleted session. */
export interface LeftoverRemoval {
  /**
   * Removes all leftovers. Returns false if `signal` aborted first, or if another process completed
   * the deletion first.
   */
  finish(tombstone: Tombstone, signal?: AbortSignal): Promise<boolean>;
  /**
   * Removes what late writers left, unless the id is in use again. Returns false if the sweep must
   * continue later.
   */
  sweep(tombstone: Tombstone, signal: AbortSignal): Promise<boolean>;
}

/** Creates the removal from a database and a queue. */
export function createLeftoverRemoval({
  leftovers,
  files,
  clock,
  queue,
  tree,
  tombstones,
}: {
  leftovers: SessionLeftovers;
  files: Pick<FileStore, 'release'>;
  clock: StoreClock;
  queue: Pick<SessionQueue, 'findAny' | 'drop'>;
  tree: Pick<ConversationTree, 'findRoot'>;
  tombstones: Pick<TombstoneStore, 'noteRemoved'>;
}): LeftoverRemoval {
  async function remove(
    tombstone: Tombstone,
    before: Date,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const { id, last_event_seq: lastSeq, removed_to: removedTo = 0 } = tombstone;
    // The job of a session that has ended still has its title and its error.
    const job = await queue.findAny(id);
    if (job && tombstoneCovers(tombstone, getCreationTime(job))) await queue.drop(id);
    await files.release(id, before);
    return leftovers.remove(
      { sessionId: id, removedTo, lastSeq, before },
      // The tombstone is checked before each step, because another process may complete the
      // deletion while this process is paused. Once a deletion is complete, a new session may use
      // the id.
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
      // The time is read before `findRoot` looks for a new session with this id. If such a session
      // is created after that, it writes later than this time, so its data stays.
      const now = await clock.now();
      if ((await tree.findRoot(tombstone.id)) !== null) return true;
      return remove(tombstone, new Date(now.getTime() - SKEW_MS), signal);
    },
  };
}
