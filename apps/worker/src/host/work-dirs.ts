// The directories of conversations under WORK_ROOT. A mark beside them says which of them Baton made: only
// those may it ever remove.
import { access, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { idSchema, type Logger, type StoreClock, type TombstoneStore } from '@baton/core/internal';
import { runPeriodically } from '../runtime/run-periodically.ts';
import { makeFolder } from './make-folder.ts';

/** Where the marks lie, below WORK_ROOT: no conversation has such a name. */
export const MARKS = '.conversations';

/** How often a worker looks for conversations that were deleted, in milliseconds. */
const SWEEP_MS = 15_000;

/** How far behind the last look the next one begins, in milliseconds: clocks of writers differ. */
const OVERLAP_MS = 60_000;

/**
 * The directory of a conversation, made if absent, its path without symlinks. Throws the file system's error
 * where it cannot be made or is no directory: an error of the host.
 */
export async function makeWorkDir(workRoot: string, rootId: string): Promise<string> {
  const own = join(workRoot, rootId);
  await makeFolder(join(workRoot, MARKS));
  const isOurs = await mkdir(own).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  // After the directory: one that we did not make is never marked. If we die in between, it stays for good.
  if (isOurs) await writeFile(join(workRoot, MARKS, rootId), '');
  // The dot has the system refuse a file (ENOTDIR).
  return realpath(`${own}/.`);
}

/** What removes directories, and whom it asks. */
export interface WorkDirSweepDeps {
  workRoot: string;
  tombstones: Pick<TombstoneStore, 'rootsRemovedBetween'>;
  /** Says whether there is a session of this conversation: an id may be used anew. */
  isKept(rootId: string): Promise<boolean>;
  clock: StoreClock;
  log: Logger;
}

/**
 * Makes a sweep of this host: each call removes the directories of conversations that are gone since the
 * last call (the first: since ever), as far as Baton made them; resolves to how many.
 */
export function createWorkDirSweep(deps: WorkDirSweepDeps): () => Promise<number> {
  const { workRoot, tombstones, clock, log } = deps;
  let since = new Date(0);

  async function remove(rootId: string): Promise<number> {
    const mark = join(workRoot, MARKS, rootId);
    if (!idSchema.safeParse(rootId).success || !(await exists(mark))) return 0;
    if (await deps.isKept(rootId)) return 0;
    try {
      // A symlink in its place is removed itself, not what it points to.
      await rm(join(workRoot, rootId), { recursive: true, force: true, maxRetries: 3 });
      await rm(mark, { force: true });
      return 1;
    } catch (error) {
      log.warn({ err: error, root_session_id: rootId }, 'a work directory could not be removed');
      return 0;
    }
  }

  return async () => {
    const until = await clock.now();
    let removed = 0;
    for await (const roots of tombstones.rootsRemovedBetween(since, until)) {
      for (const rootId of roots) removed += await remove(rootId);
    }
    since = new Date(until.getTime() - OVERLAP_MS);
    return removed;
  };
}

/** Sweeps now and every 15 seconds, until `signal`. */
export function startWorkDirSweep(deps: WorkDirSweepDeps, signal: AbortSignal): void {
  const sweep = createWorkDirSweep(deps);
  async function round(): Promise<void> {
    const removed = await sweep();
    if (removed > 0) deps.log.info({ removed }, 'removed work directories');
  }
  runPeriodically(round, {
    everyMs: SWEEP_MS,
    signal,
    onError: (error) => deps.log.warn({ err: error }, 'the work directories wait'),
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
