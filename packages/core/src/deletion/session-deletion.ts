// A conversation is deleted whole. Its tombstones come first: they know what is to go, so that whoever
// comes by can finish what died, and they keep a job or a continue that comes late from bringing a part back.

import { AppError, isAppError } from '../model/errors/app-error.ts';
import { defined } from '../model/schema/defined.ts';
import { isTerminal } from '../model/session/status.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import type { StoreClock } from '../store/clock.ts';
import type { TreeSession } from '../store/conversation-tree.ts';
import type { StopRequests } from '../store/stop-requests.ts';
import type { Stores } from '../store/stores.ts';
import { createDeletionMaintenance } from './deletion-maintenance.ts';
import { createLeftoverRemoval, type LeftoverRemoval } from './leftover-removal.ts';

/** How far a deletion came: `deleting` goes on by itself. */
export type DeletionState = 'gone' | 'deleting';

/** Deletes conversations; each step is safe to do twice, by many at once. */
export interface SessionDeletion {
  /**
   * Deletes the whole conversation of a session: documents, events, transcripts, jobs. Ends with
   * `deleting` where `signal` came first; asking again goes on, and so does the reconciler. One that is
   * gone already is `gone`. Throws SESSION_NOT_FOUND, SESSION_NOT_TERMINAL (nothing is gone then), UNAVAILABLE.
   */
  deleteConversation(sessionId: string, signal?: AbortSignal): Promise<DeletionState>;
  /** Deletes the conversation of this root if all of it ended before `before`; null where it did not. */
  deleteEnded(rootId: string, before: Date, signal?: AbortSignal): Promise<DeletionState | null>;
  /** Finishes what died, and looks again after what is gone, a share of each; returns how many it finished. */
  runMaintenance(signal: AbortSignal): Promise<number>;
}

/** What a deletion works with. */
export interface DeletionDeps {
  stores: Pick<Stores, 'tree' | 'tombstones' | 'spent' | 'leftovers'>;
  clock: StoreClock;
  queue: Pick<SessionQueue, 'find' | 'drop' | 'sendControl'>;
  requests: Pick<StopRequests, 'requestCancel'>;
}

/** Two that ask for one deletion may take each other's mark away; more rounds mean a bug. */
const MAX_ROUNDS = 5;

/** Deletion over open stores and an open queue. */
export function createSessionDeletion(deps: DeletionDeps): SessionDeletion {
  const { stores, clock, queue } = deps;
  const { tree, tombstones, spent } = stores;
  const removal = createLeftoverRemoval({ ...stores, clock, queue });
  const finish = createFinish(deps, removal);

  async function rootOf(sessionId: string): Promise<string> {
    const rootId =
      (await tree.findRoot(sessionId)) ?? (await tombstones.get(sessionId))?.root_session_id;
    if (rootId === undefined) throw new AppError('SESSION_NOT_FOUND', `no session ${sessionId}`);
    return rootId;
  }

  return {
    async deleteConversation(sessionId, signal) {
      const rootId = await rootOf(sessionId);
      const isEmpty = (await tree.newest(rootId)).length === 0;
      const tombstone = await tombstones.get(rootId);
      if (isEmpty && tombstone?.state === 'gone') return 'gone';
      if (tombstone?.state !== 'deleting')
        await commitDeletion(deps, rootId, () => refuseLive(tree, rootId));
      return finish(rootId, signal);
    },
    async deleteEnded(rootId, before, signal) {
      const rolledBack = new Error('the conversation goes on');
      const check = async () => {
        const end = await tree.findEnd(rootId);
        if (end === null || end >= before) throw rolledBack;
      };
      try {
        await commitDeletion(deps, rootId, check);
      } catch (error) {
        if (error === rolledBack) return null;
        throw error;
      }
      return finish(rootId, signal);
    },
    runMaintenance: createDeletionMaintenance({ clock, tombstones, spent, removal, finish }),
  };
}

async function refuseLive(tree: DeletionDeps['stores']['tree'], rootId: string): Promise<void> {
  const live = await tree.live(rootId);
  const [first] = live;
  if (!first) return;
  throw new AppError(
    'SESSION_NOT_TERMINAL',
    `session ${first.id} of this conversation is ${first.status}; cancel it, or wait for its end`,
    { details: { status: first.status, sessions: live.map(({ id }) => id) } },
  );
}

/** Passes the point of no return, or throws what `check` throws with nothing gone. */
async function commitDeletion(
  { stores: { tree, tombstones }, clock }: Pick<DeletionDeps, 'stores' | 'clock'>,
  rootId: string,
  check: () => Promise<void>,
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    await check();
    const [newest] = await tree.newest(rootId);
    await tombstones.mark(rootId, latest(await clock.now(), newest?.created_at));
    try {
      // Again: who adopts a continue looks for the mark after its insert, so one of us sees the other.
      await check();
    } catch (error) {
      if (await tombstones.unmark(rootId)) throw error;
      return;
    }
    if (await tombstones.commit(rootId)) return;
  }
  throw new AppError('UNAVAILABLE', 'others delete this conversation too; ask again later');
}

/** Removes what is left of a conversation whose deletion is past the point of no return. */
function createFinish(
  { stores: { tree, tombstones, spent }, clock, queue, requests }: DeletionDeps,
  removal: LeftoverRemoval,
): (rootId: string, signal?: AbortSignal) => Promise<DeletionState> {
  async function finish(rootId: string, signal?: AbortSignal): Promise<DeletionState> {
    // Another may finish it meanwhile: then what there is of this id belongs to a later session.
    while ((await tombstones.get(rootId))?.state === 'deleting') {
      if (signal?.aborted || (await cancelLive(rootId))) return 'deleting';
      const page = await tree.newest(rootId);
      if (page.length === 0) break;
      // Of one that slipped in since the look, what it spends is not yet known.
      const ended = page.filter(({ status }) => isTerminal(status));
      if (ended.length > 0) await insertTombstone(rootId, ended);
    }
    await spent.settle(rootId);
    for (;;) {
      const open = await tombstones.listWithLeftovers(rootId);
      if (open.length === 0) return 'gone';
      for (const tombstone of open) {
        if (signal?.aborted) return 'deleting';
        // The root's goes last: while it is there, somebody goes on.
        if (!(await removal.finish(tombstone, signal))) break;
        await tombstones.markRemoved(tombstone, await clock.now());
      }
    }
  }

  async function insertTombstone(rootId: string, sessions: readonly TreeSession[]): Promise<void> {
    const now = await clock.now();
    const at = latest(now, sessions[0]?.created_at);
    if (!(await tombstones.insert(rootId, at, sessions))) return;
    await spent.record(rootId, sessions.map(toSessionSpending), now);
    await tree.remove(sessions);
  }

  // Accepted in the moment of no return: all that can be done for it is to end it before it goes.
  async function cancelLive(rootId: string): Promise<boolean> {
    for (const { id } of await tree.live(rootId)) {
      await requests.requestCancel(id).catch((error: unknown) => {
        if (!isAppError(error)) throw error;
      });
      await queue.sendControl({ kind: 'cancel', id }).catch(() => {});
    }
    return (await tree.live(rootId)).length > 0;
  }

  return finish;
}

function toSessionSpending({
  id,
  created_at,
  totals,
  end_time,
  model,
  tags,
  api_key_id,
}: TreeSession) {
  const spent = {
    totals,
    ...defined({ end_time, model, tags, api_key_id }),
  };
  return { id, created_at, spent };
}

function latest(now: Date, other?: Date): Date {
  return other && other > now ? other : now;
}
