// Keeps the directories of ended sessions on this host for their next continue, within a bound.
import { lstat, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isTerminal, type Logger, type SessionStore } from '@baton/core/internal';
import { moveTree, removeTree } from '../host/folders.ts';
import { SHADOWS } from '../host/work-dirs.ts';
import { runPeriodically } from '../runtime/run-periodically.ts';
import { locationOf, rootOfName, type WorkspaceLocation } from './layout.ts';
import { markPath, readMark, type WorkspaceMark } from './mark.ts';

/** The time between two sweeps of the cache, in milliseconds. */
const SWEEP_MS = 30_000;

/** What is added to the name of a shadow folder that is being removed. No workspace has such a name. */
const EVICTED = '.evicted';

/** How old a shadow folder without a mark is before it counts as abandoned, in milliseconds. No restore takes as long. */
const ABANDONED_AFTER_MS = 24 * 3600 * 1000;

/** What a cache needs. */
export interface WorkspaceCacheDeps {
  workRoot: string;
  /** How many bytes of files of ended sessions this host keeps. */
  maxBytes: number;
  sessions: Pick<SessionStore, 'get'>;
  log: Logger;
}

interface CachedWorkspace {
  location: WorkspaceLocation;
  mark: WorkspaceMark;
  usedAtMs: number;
}

/**
 * Creates the sweep of the cache. Each call removes the least recently used directories of ended sessions until the rest is
 * within the bound, and resolves to how many it removed. A directory stays if MongoDB does not hold its files, or if its
 * session has not ended.
 */
export function createCacheSweep(deps: WorkspaceCacheDeps): () => Promise<number> {
  const { workRoot, maxBytes, log } = deps;

  return async () => {
    await removeLeftovers(workRoot).catch((error: unknown) =>
      log.warn(
        { err: error },
        'a folder of a removed workspace could not be removed, trying again',
      ),
    );
    const cached = await list(workRoot);
    let bytes = cached.reduce((sum, { mark }) => sum + sizeOf(mark), 0);
    let removed = 0;
    for (const workspace of cached.sort((a, b) => a.usedAtMs - b.usedAtMs)) {
      if (bytes <= maxBytes) break;
      if (!(await isUnneeded(deps, workspace))) continue;
      const isRemoved = await remove(workspace).catch((error: unknown) => {
        log.warn(
          { err: error, path: workspace.location.path },
          'a workspace could not be removed from the cache, trying again',
        );
        return false;
      });
      if (!isRemoved) continue;
      bytes -= sizeOf(workspace.mark);
      removed += 1;
    }
    return removed;
  };
}

/** Sweeps the cache now and every 30 seconds, until `signal` is aborted. */
export function startCacheSweep(deps: WorkspaceCacheDeps, signal: AbortSignal): void {
  const sweep = createCacheSweep(deps);
  async function round(): Promise<void> {
    const removed = await sweep();
    if (removed > 0)
      deps.log.info(
        { removed },
        'removed workspaces of ended sessions from this host; MongoDB keeps their files',
      );
  }
  runPeriodically(round, {
    everyMs: SWEEP_MS,
    signal,
    onError: (error) =>
      deps.log.warn({ err: error }, 'the cache of workspaces could not be checked, trying again'),
  });
}

// The shadow repository holds the files once more. Its size is taken as that of the files, although git compresses them.
function sizeOf({ bytes = 0 }: WorkspaceMark): number {
  return bytes * 2;
}

async function list(workRoot: string): Promise<CachedWorkspace[]> {
  const names = await namesIn(join(workRoot, SHADOWS));
  const found: CachedWorkspace[] = [];
  for (const name of names.filter((one) => rootOfName(one) !== null)) {
    const location = locationOf(workRoot, name);
    const mark = await readMark(location.shadow);
    const stats = await lstat(markPath(location.shadow)).catch(() => null);
    if (mark && stats) found.push({ location, mark, usedAtMs: stats.mtimeMs });
  }
  return found;
}

// An attempt that died while it restored files left a folder without a mark. Such a folder is removed once it is old,
// because a young one may belong to a restore that still runs. A worker that died while it removed a folder left `.evicted`.
async function removeLeftovers(workRoot: string): Promise<void> {
  const shadows = join(workRoot, SHADOWS);
  for (const name of await namesIn(shadows)) {
    const folder = join(shadows, name);
    const isAbandoned =
      name.endsWith(EVICTED) ||
      (rootOfName(name) !== null && (await readMark(folder)) === null && (await isOld(folder)));
    if (isAbandoned) await removeTree(folder);
  }
}

async function isOld(folder: string): Promise<boolean> {
  const stats = await lstat(folder).catch(() => null);
  return stats !== null && stats.mtimeMs < Date.now() - ABANDONED_AFTER_MS;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/** Returns whether MongoDB holds the files of a directory, and no session works in it. */
async function isUnneeded(
  { sessions }: WorkspaceCacheDeps,
  { mark }: CachedWorkspace,
): Promise<boolean> {
  const session = await sessions.get(mark.session_id);
  if (!session || !isTerminal(session.status)) return false;
  const { workspace } = session;
  return (
    workspace?.portable === true &&
    workspace.capture !== undefined &&
    workspace.fence === mark.fence
  );
}

/** Removes a directory unless an attempt takes it at this moment. Returns whether it was removed. */
async function remove({ location: { path, shadow }, mark }: CachedWorkspace): Promise<boolean> {
  const trash = join(shadow, 'evicted');
  await removeTree(trash);
  if (!isSame(await readMark(shadow), mark)) return false;
  await moveTree(path, trash).catch(unlessAbsent);
  // An attempt writes its mark before it starts a process. If the mark is there by now, the attempt gets its directory back.
  if (!isSame(await readMark(shadow), mark)) {
    await moveTree(trash, path).catch(() => {});
    return false;
  }
  // An attempt that comes now restores into a folder of the same name, so the old one must be out of its way at once.
  await rename(shadow, shadow + EVICTED).catch(unlessAbsent);
  await removeTree(shadow + EVICTED);
  return true;
}

function unlessAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

function isSame(a: WorkspaceMark | null, b: WorkspaceMark): boolean {
  return a?.session_id === b.session_id && a.fence === b.fence;
}
