import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@baton/core/internal';
import { runPeriodically } from '../runtime/run-periodically.ts';
import { type Marker, startTimeOf } from './marker.ts';
import { killMarked } from './orphans.ts';
import { isRunDirInUse, ownerOfRunDir } from './run-dirs.ts';

/**
 * The time between two sweeps of a worker for the processes and folders of dead workers, in
 * milliseconds.
 */
export const SWEEP_MS = 10_000;

/**
 * Returns whether the worker process that a marker or folder names is gone: there is no such pid, or a later process
 * has that pid. If start times are unknown (macOS), a living pid counts as the same process.
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
    // EPERM: the process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The folders of this process that no attempt used at the last sweep. */
type Unused = Set<string>;

/**
 * Kills the processes and removes the folders that dead workers left on this host. Workers may
 * share a host, so the sweep leaves the processes and folders of other living workers alone. It
 * also removes the folders of this process that no attempt has used since the last sweep: the disk
 * may have been unavailable when their attempt ended. Returns how many processes it killed and how
 * many folders it removed.
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
      // An attempt may be making this folder right now, so only the next sweep removes it.
      unused.add(entry);
      if (!seenUnused.has(entry)) continue;
    } else if (!isGone(owner)) continue;
    // A folder of another user, or a folder that a process still writes into, cannot be removed.
    // The sweep continues with the next folder.
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

/** Sweeps now and every ten seconds, until `signal` is aborted. */
export function startSweep(log: Logger, signal: AbortSignal): void {
  const unused: Unused = new Set();
  async function sweep(): Promise<void> {
    const found = await sweepOnce(unused);
    if (found.processes + found.folders > 0)
      log.warn(found, 'removed leftover processes and folders');
  }
  runPeriodically(sweep, {
    everyMs: SWEEP_MS,
    signal,
    onError: (error) => log.warn({ err: error }, 'the sweep of this host failed, trying again'),
  });
}
