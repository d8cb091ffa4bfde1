// Deletes whole conversations. The deletion writes tombstones first. They record what must be
// removed, so any process can complete the deletion after a crash. They also keep a late job or a
// late continue from bringing a session back.

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

/** The state of a deletion. The maintenance completes a deletion that is still `deleting`. */
export type DeletionState = 'gone' | 'deleting';

/** Deletes conversations. Each step is safe to repeat, and may run in several processes at once. */
export interface SessionDeletion {
  /**
   * Deletes the whole conversation of a session: documents, events, transcripts, messages, jobs.
   * Returns `deleting` if `signal` aborted first; then another call or the maintenance continues
   * the deletion. Returns `gone` if the conversation is already deleted. Throws
   * SESSION_NOT_TERMINAL, and removes nothing, if one of its sessions has not ended. Throws
   * SESSION_NOT_FOUND and UNAVAILABLE.
   */
  deleteConversation(sessionId: string, signal?: AbortSignal): Promise<DeletionState>;
  /**
   * Deletes the conversation of this root if all its sessions ended before `before`. Otherwise
   * returns null.
   */
  deleteEnded(rootId: string, before: Date, signal?: AbortSignal): Promise<DeletionState | null>;
  /**
   * Runs one round of the maintenance: completes deletions that a crash cut off, removes what late
   * writers stored for deleted sessions, and removes messages that no session accepted.
   * Returns how many deletions it completed.
   */
  runMaintenance(signal: AbortSignal): Promise<number>;
}

/** The dependencies of a deletion. */
export interface DeletionDeps {
  stores: Pick<
    Stores,
    | 'tree'
    | 'tombstones'
    | 'spent'
    | 'leftovers'
    | 'messageRetention'
    | 'conversationKeys'
    | 'files'
  >;
  clock: StoreClock;
  queue: Pick<SessionQueue, 'findAny' | 'drop' | 'sendControl'>;
  requests: Pick<StopRequests, 'requestCancel'>;
}

/**
 * If two callers delete one conversation, one caller may remove the mark of the other caller, which
 * then needs another round. More rounds than this mean a bug.
 */
const MAX_ROUNDS = 5;

/** Creates the deletion over open stores and an open queue. */
export function createSessionDeletion(deps: DeletionDeps): SessionDeletion {
  const { stores, clock, queue } = deps;
  const { tree, tombstones, spent, messageRetention } = stores;
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
      const rolledBack = new Error('the conversation did not end before the given time');
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
    runMaintenance: createDeletionMaintenance({
      clock,
      tombstones,
      spent,
      messageRetention,
      removal,
      finish,
    }),
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

/**
 * Commits a deletion. After that, the deletion cannot be withdrawn. If `check` throws, removes
 * nothing and throws that error.
 */
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
      // This second check must follow the mark. A process that adopts a continue looks for the mark
      // after its insert, so either that process sees the mark, or this check sees the continue.
      await check();
    } catch (error) {
      if (await tombstones.unmark(rootId)) throw error;
      return;
    }
    if (await tombstones.commit(rootId)) return;
  }
  throw new AppError(
    'UNAVAILABLE',
    'other callers are deleting this conversation; try again later',
  );
}

/** Creates the function that removes a conversation whose deletion was committed. */
function createFinish(
  { stores: { tree, tombstones, spent, conversationKeys }, clock, queue, requests }: DeletionDeps,
  removal: LeftoverRemoval,
): (rootId: string, signal?: AbortSignal) => Promise<DeletionState> {
  async function finish(rootId: string, signal?: AbortSignal): Promise<DeletionState> {
    // If another process has completed the deletion, the data of this id may belong to a later
    // session.
    while ((await tombstones.get(rootId))?.state === 'deleting') {
      if (signal?.aborted || (await cancelLive(rootId))) return 'deleting';
      const page = await tree.newest(rootId);
      if (page.length === 0) break;
      // A session that was inserted after `cancelLive` looked for live sessions may still run, so
      // its final cost is not known yet.
      const ended = page.filter(({ status }) => isTerminal(status));
      if (ended.length > 0) await insertTombstone(rootId, ended);
    }
    await spent.settle(rootId);
    for (;;) {
      const open = await tombstones.listWithLeftovers(rootId);
      if (open.length === 0) return 'gone';
      for (const tombstone of open) {
        if (signal?.aborted) return 'deleting';
        // The root's tombstone comes last: until it is marked as removed, the maintenance continues
        // the deletion.
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
    // The keys are freed first. If this process dies in between, the sessions are removed later.
    await conversationKeys.free(sessions.map(({ id }) => id));
    await tree.remove(sessions);
  }

  // A session may have been accepted at the moment of the commit. It is cancelled, and removed once
  // it has ended.
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
