import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@baton/core';
import { startRounds } from '../rounds.ts';
import { type Marker, startTimeOf } from './marker.ts';
import { killMarked } from './orphans.ts';
import { ownerOfRunDir } from './run-dirs.ts';

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

/**
 * Kills the processes and removes the folders that dead workers left on this host; never those of a
 * worker that lives, for workers may share a host. Returns how much it found.
 */
async function sweepOnce(): Promise<{ processes: number; folders: number }> {
  const processes = await killMarked((marker) => isGone(marker));
  const entries = await readdir(tmpdir()).catch(() => []);
  let folders = 0;
  for (const entry of entries) {
    const owner = ownerOfRunDir(entry);
    if (!owner || !isGone(owner)) continue;
    // One that is another user's, or still being written into, does not keep the others from going.
    folders += await rm(join(tmpdir(), entry), { recursive: true, force: true }).then(
      () => 1,
      () => 0,
    );
  }
  return { processes, folders };
}

/** Sweeps now and every ten seconds, until `signal`. */
export function startSweep(log: Logger, signal: AbortSignal): void {
  async function sweep(): Promise<void> {
    const found = await sweepOnce();
    if (found.processes + found.folders > 0) log.warn(found, 'removed what a dead worker left');
  }
  startRounds(sweep, {
    everyMs: SWEEP_MS,
    signal,
    onError: (error) => log.warn({ err: error }, 'the sweep failed'),
  });
}
