// What the duty holder does for deletions: it finishes what died, and deletes by age.
import type {
  ConversationTree,
  EndedSession,
  Logger,
  SessionDeletion,
  StoreClock,
} from '@baton/core';

/** How long each half of a round may take, in milliseconds: sessions wait for the reconciler meanwhile. */
const HALF_MS = 1_000;

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

/** Makes a chore: each call does a slice of the work, and the next one goes on behind it. */
export function createRetention(deps: RetentionDeps): () => Promise<void> {
  const { deletion, tree, clock, days, log } = deps;
  // Old sessions of conversations that go on stay at the head: the place moves past them, and begins again
  // at the end.
  let place: EndedSession | undefined;

  async function deleteByAge(keptDays: number, signal: AbortSignal): Promise<number> {
    const before = new Date((await clock.now()).getTime() - keptDays * DAY_MS);
    const ended = await tree.endedBefore(before, SLICE, place);
    let deleted = 0;
    let lastRoot: string | undefined;
    for (const session of ended) {
      if (signal.aborted) return deleted;
      const rootId = session.root_session_id;
      if (rootId !== lastRoot && (await deletion.deleteEnded(rootId, before, signal)) === 'gone') {
        deleted += 1;
      }
      lastRoot = rootId;
      place = session;
    }
    if (ended.length < SLICE) place = undefined;
    return deleted;
  }

  return async () => {
    const finished = await deletion.tend(AbortSignal.timeout(HALF_MS)).catch((error: unknown) => {
      log.warn({ err: error }, 'a deletion is tried again later');
      return 0;
    });
    const expired = days === undefined ? 0 : await deleteByAge(days, AbortSignal.timeout(HALF_MS));
    if (finished + expired > 0) log.info({ finished, expired }, 'deleted conversations');
  };
}
