// What the lease holder does for deletions: it finishes what died, and deletes by age.
import {
  type ConversationTree,
  type EndedSession,
  isStoreAway,
  type Logger,
  type SessionDeletion,
  type StoreClock,
} from '@baton/core/internal';
import type { MaintenanceTask } from './maintenance.ts';

/** How long each half of a round goes on with the next piece of its work, in milliseconds. */
const HALF_MS = 1_000;

/** How often a round is made, and how long one may take that hangs, in milliseconds. */
const PERIOD_MS = 5_000;
const LIMIT_MS = 60_000;

/** How many sessions one round looks at. */
const SLICE = 100;

const DAY_MS = 24 * 3600 * 1000;

/** What a retention works with; without `days` nothing goes by age. */
export interface RetentionDeps {
  deletion: SessionDeletion;
  tree: Pick<ConversationTree, 'endedBefore'>;
  clock: StoreClock;
  days: number | undefined;
  log: Logger;
}

/** The two halves of a round: each call does a slice of the work, and the next one goes on behind it. */
function createHalves(deps: RetentionDeps) {
  const { deletion, tree, clock, days, log } = deps;
  // Old sessions of conversations that go on stay at the head: the place moves past them, and begins again
  // at the end.
  let cursor: EndedSession | undefined;

  async function deleteByAge(keptDays: number, signal: AbortSignal): Promise<number> {
    const before = new Date((await clock.now()).getTime() - keptDays * DAY_MS);
    const ended = await tree.endedBefore(before, SLICE, cursor);
    let deleted = 0;
    let lastRoot: string | undefined;
    for (const session of ended) {
      if (signal.aborted) return deleted;
      const rootId = session.root_session_id;
      cursor = session;
      if (rootId === lastRoot) continue;
      lastRoot = rootId;
      const state = await deletion.deleteEnded(rootId, before, signal).catch((err: unknown) => {
        if (isStoreAway(err)) throw err;
        log.warn(
          { err, session_id: rootId },
          'a conversation was not deleted by its age; next time',
        );
      });
      if (state === 'gone') deleted += 1;
    }
    if (ended.length < SLICE) cursor = undefined;
    return deleted;
  }

  return {
    async finish() {
      const finished = await deletion.runMaintenance(AbortSignal.timeout(HALF_MS));
      if (finished > 0) log.info({ finished }, 'finished deletions of conversations');
    },
    async expire() {
      if (days === undefined) return;
      const expired = await deleteByAge(days, AbortSignal.timeout(HALF_MS));
      if (expired > 0) log.info({ expired }, 'deleted conversations by their age');
    },
  };
}

/** A round of both halves; a half that fails is logged and tried again in the next round. */
export function createRetention(deps: RetentionDeps): () => Promise<void> {
  const { finish, expire } = createHalves(deps);
  return async () => {
    await finish().catch((error: unknown) => {
      deps.log.warn({ err: error }, 'a deletion is tried again later');
    });
    await expire();
  };
}

/** The halves as maintenance tasks. */
export function retentionTasks(deps: RetentionDeps): MaintenanceTask[] {
  const { finish, expire } = createHalves(deps);
  const timing = { everyMs: PERIOD_MS, limitMs: LIMIT_MS };
  return [
    { name: 'finishing deletions', ...timing, run: finish },
    { name: 'deleting by age', ...timing, run: expire },
  ];
}
