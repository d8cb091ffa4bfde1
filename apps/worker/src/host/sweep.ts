import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@baton/core/internal';
import { runPeriodically } from '../runtime/run-periodically.ts';
import { type Marker, startTimeOf } from './marker.ts';
import { killMarked } from './orphans.ts';
import { isRunDirInUse, ownerOfRunDir } from './run-dirs.ts';

/** How often a worker looks for what dead ones left on its host, in milliseconds. */
const SWEEP_MS = 10_000;

/**
 * Says whether the worker process that a marker or folder names is gone: no such pid, or a later one of
 * the same number. Where start times cannot be told (macOS), a pid that lives counts as the same process.
 */
export function isGone(
  { pid, startTime }: Pick<Marker, 'pid' | 'startTime'>,
  startOf: (pid: number) => string | null = startTimeOf,
): boolean {
  const started = startOf(pid);
  return started === null ? !isAlive(pid) : started !== startTime;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What a sweep remembers from one time to the next: folders of this process that no attempt used. */
type Unused = Set<string>;

/**
 * Kills the processes and removes the folders that dead workers left on this host; never those of another
 * worker that lives, for workers may share a host. Of its own it removes those that no attempt has used
 * since the last sweep: the disk was away when they were to be removed. Returns how much it found.
 */
async function sweepOnce(unused: Unused): Promise<{ processes: number; folders: number }> {
  const processes = await killMarked((marker) => isGone(marker));
  const entries = await readdir(tmpdir()).catch(() => []);
  const seenUnused = new Set(unused);
  unused.clear();
  let folders = 0;
  for (const entry of entries) {
    const owner = ownerOfRunDir(entry);
    if (!owner) continue;
    if (isThisProcess(owner)) {
      if (isRunDirInUse(entry)) continue;
      // A folder that is just being made is in use a moment later.
      unused.add(entry);
      if (!seenUnused.has(entry)) continue;
    } else if (!isGone(owner)) continue;
    // One that is another user's, or still being written into, does not keep the others from going.
    folders += await rm(join(tmpdir(), entry), { recursive: true, force: true }).then(
      () => 1,
      () => 0,
    );
  }
  return { processes, folders };
}

function isThisProcess({ pid, startTime }: Pick<Marker, 'pid' | 'startTime'>): boolean {
  return pid === process.pid && startTime === (startTimeOf(pid) ?? '0');
}

/** Sweeps now and every ten seconds, until `signal`. */
export function startSweep(log: Logger, signal: AbortSignal): void {
  const unused: Unused = new Set();
  async function sweep(): Promise<void> {
    const found = await sweepOnce(unused);
    if (found.processes + found.folders > 0) log.warn(found, 'removed what ended attempts left');
  }
  runPeriodically(sweep, {
    everyMs: SWEEP_MS,
    signal,
    onError: (error) => log.warn({ err: error }, 'the sweep failed'),
  });
}
