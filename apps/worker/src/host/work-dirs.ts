// The working directories of conversations under WORK_ROOT. Baton leaves a mark for each directory that it
// made, and removes only directories with a mark.
import { mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { idSchema, type Logger, type StoreClock, type TombstoneStore } from '@baton/core/internal';
import { runPeriodically } from '../runtime/run-periodically.ts';
import { removeTree } from './folders.ts';
import { makeFolder } from './make-folder.ts';

/** The folder of the marks, below WORK_ROOT. No conversation can have this name. */
export const MARKS = '.conversations';

/**
 * The folder below WORK_ROOT that holds what Baton keeps beside each directory: its mark, its git repository, its last
 * scan. No conversation can have this name.
 */
export const SHADOWS = '.workspaces';

/** The time between two sweeps of a worker for deleted conversations, in milliseconds. */
const SWEEP_MS = 15_000;

/** How far a sweep looks back beyond the last sweep, in milliseconds. The clocks of writers may differ. */
const OVERLAP_MS = 60_000;

/**
 * Makes a directory of a conversation if absent, and returns its path without symlinks. If the path cannot
 * be made or is not a directory, throws the file system's error, which counts as a host error.
 *
 * @param name The directory's name: the conversation's root id, or the root id, a dot and the id of a session that
 *   branches off.
 */
export async function makeWorkDir(workRoot: string, name: string): Promise<string> {
  const own = join(workRoot, name);
  await makeFolder(join(workRoot, MARKS));
  const isOurs = await mkdir(own).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  // The mark is written after the directory is made, so that only a directory that Baton made gets
  // a mark. If this process dies in between, the directory is never removed.
  if (isOurs) await writeFile(join(workRoot, MARKS, name), '');
  // With the dot, the system refuses a path that is a file (ENOTDIR).
  return realpath(`${own}/.`);
}

/** The dependencies of a sweep of work directories. */
export interface WorkDirSweepDeps {
  workRoot: string;
  tombstones: Pick<TombstoneStore, 'rootsRemovedBetween'>;
  /** Resolves to whether this conversation has a session, because its id may be in use again. */
  isKept(rootId: string): Promise<boolean>;
  clock: StoreClock;
  log: Logger;
}

/**
 * Creates a sweep of this host. Each call removes the directories of the conversations that were deleted since
 * the last call, if Baton made them. The first call looks at all deleted conversations. Each call resolves to
 * how many directories it removed.
 */
export function createWorkDirSweep(deps: WorkDirSweepDeps): () => Promise<number> {
  const { workRoot, tombstones, clock, log } = deps;
  let since = new Date(0);

  async function removeConversation(rootId: string): Promise<number> {
    if (!idSchema.safeParse(rootId).success) return 0;
    const made = await namesOf(rootId, MARKS);
    const shadows = await namesOf(rootId, SHADOWS);
    if (made.length + shadows.length === 0 || (await deps.isKept(rootId))) return 0;
    let removed = 0;
    for (const name of made) {
      removed += await remove(rootId, join(workRoot, name), join(workRoot, MARKS, name));
    }
    // A shadow folder holds the files once more, so it goes even if Baton did not make the directory.
    for (const name of shadows) await remove(rootId, join(workRoot, SHADOWS, name));
    return removed;
  }

  /** Returns the names that belong to a conversation, in this folder of WORK_ROOT. */
  async function namesOf(rootId: string, folder: string): Promise<string[]> {
    const names = await readdir(join(workRoot, folder)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return names.filter((name) => name === rootId || name.startsWith(`${rootId}.`));
  }

  /** Removes these paths one after the other. Returns 0 if one of them could not be removed, else 1. */
  async function remove(rootId: string, ...paths: readonly string[]): Promise<number> {
    try {
      for (const path of paths) {
        // If a symlink has the directory's name, this removes the link and not its target.
        await removeTree(path);
      }
      return 1;
    } catch (error) {
      log.warn(
        { err: error, root_session_id: rootId },
        'a work directory could not be removed; Baton tries again for a minute, and when this worker starts again',
      );
      return 0;
    }
  }

  return async () => {
    const until = await clock.now();
    let removed = 0;
    for await (const roots of tombstones.rootsRemovedBetween(since, until)) {
      for (const rootId of roots) removed += await removeConversation(rootId);
    }
    since = new Date(until.getTime() - OVERLAP_MS);
    return removed;
  };
}

/** Sweeps now and every 15 seconds, until `signal` is aborted. */
export function startWorkDirSweep(deps: WorkDirSweepDeps, signal: AbortSignal): void {
  const sweep = createWorkDirSweep(deps);
  async function round(): Promise<void> {
    const removed = await sweep();
    if (removed > 0)
      deps.log.info({ removed }, 'removed the work directories of deleted conversations');
  }
  runPeriodically(round, {
    everyMs: SWEEP_MS,
    signal,
    onError: (error) =>
      deps.log.warn({ err: error }, 'the sweep of work directories failed, trying again'),
  });
}
