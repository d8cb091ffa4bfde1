// The maintenance tasks for deletions: they finish interrupted deletions, and delete conversations by age.
import {
  type ConversationTree,
  type EndedSession,
  isStoreAway,
  type Logger,
  type SessionDeletion,
  type StoreClock,
} from '@baton/core/internal';
import type { MaintenanceTask } from './maintenance.ts';

/**
 * A round first finishes deletions, then deletes by age. Each of these halves begins no more work after this
 * time, in milliseconds.
 */
const HALF_MS = 1_000;

/**
 * The time between the starts of two rounds, and how long a round may take if it hangs, in
 * milliseconds.
 */
const PERIOD_MS = 5_000;
const LIMIT_MS = 60_000;

/** How many sessions one round looks at. */
const SLICE = 100;

const DAY_MS = 24 * 3600 * 1000;

/** The dependencies of retention. Without `days`, no conversation is deleted by age. */
export interface RetentionDeps {
  deletion: SessionDeletion;
  tree: Pick<ConversationTree, 'endedBefore'>;
  clock: StoreClock;
  days: number | undefined;
  log: Logger;
}

/** Creates the two halves of a round. Each call does a slice of the work; the next call continues after it. */
function createHalves(deps: RetentionDeps) {
  const { deletion, tree, clock, days, log } = deps;
  // A conversation that continues keeps its old sessions, and they stay at the head of the list.
  // The cursor moves past them. At the end of the list, it returns to the beginning.
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
          'a conversation could not be deleted by age, trying again later',
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
      if (expired > 0) log.info({ expired }, 'deleted conversations by age');
    },
  };
}

/**
 * Returns the function that runs both halves. A failure of the first half is logged, and a failure of the second
 * half rejects. The next call tries both again.
 */
export function createRetention(deps: RetentionDeps): () => Promise<void> {
  const { finish, expire } = createHalves(deps);
  return async () => {
    await finish().catch((error: unknown) => {
      deps.log.warn({ err: error }, 'deletions could not be finished, trying again later');
    });
    await expire();
  };
}

/** Returns the halves as maintenance tasks. */
export function retentionTasks(deps: RetentionDeps): MaintenanceTask[] {
  const { finish, expire } = createHalves(deps);
  const timing = { everyMs: PERIOD_MS, limitMs: LIMIT_MS };
  return [
    { name: 'finishing deletions', ...timing, run: finish },
    { name: 'deleting by age', ...timing, run: expire },
  ];
}
