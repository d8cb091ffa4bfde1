// Keeps the mirrors of a host within a bound.
import { lstat, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@baton/core/internal';
import { removeTree } from '../host/folders.ts';
import { runPeriodically } from '../runtime/run-periodically.ts';
import { tryLock } from './folder-lock.ts';
import { MIRRORS, USED } from './mirror.ts';

/** The time between two sweeps of the mirrors, in milliseconds. */
const SWEEP_MS = 60_000;

/** What is added to the name of a mirror that is being removed. */
const EVICTED = '.evicted';

/** A file beside the mirrors that is older than this is left over, in milliseconds. */
const LEFTOVER_AFTER_MS = 24 * 3600 * 1000;

const MIRROR = /^[0-9a-f]{40}$/;

/** What a sweep of the mirrors needs. */
export interface MirrorCacheDeps {
  workRoot: string;
  /** How many bytes of mirrors this host keeps. */
  maxBytes: number;
  log: Logger;
}

/**
 * Removes the least recently used mirrors until the rest is within the bound, except mirrors that are in use. Resolves to
 * how many it removed.
 */
export async function sweepMirrors({ workRoot, maxBytes, log }: MirrorCacheDeps): Promise<number> {
  const root = join(workRoot, MIRRORS);
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  await removeLeftovers(root, names);
  const mirrors = await Promise.all(
    names.filter((name) => MIRROR.test(name)).map((name) => describe(join(root, name))),
  );
  let bytes = mirrors.reduce((sum, one) => sum + one.bytes, 0);
  let removed = 0;
  for (const mirror of mirrors.sort((a, b) => a.usedAtMs - b.usedAtMs)) {
    if (bytes <= maxBytes) break;
    const isRemoved = await remove(mirror.path).catch((error: unknown) => {
      log.warn({ err: error, path: mirror.path }, 'a mirror could not be removed, trying again');
      return false;
    });
    if (!isRemoved) continue;
    bytes -= mirror.bytes;
    removed += 1;
  }
  return removed;
}

/** Sweeps the mirrors now and every minute, until `signal` is aborted. */
export function startMirrorSweep(deps: MirrorCacheDeps, signal: AbortSignal): void {
  async function round(): Promise<void> {
    const removed = await sweepMirrors(deps);
    if (removed > 0) deps.log.info({ removed }, 'removed mirrors of repositories from this host');
  }
  runPeriodically(round, {
    everyMs: SWEEP_MS,
    signal,
    onError: (error) =>
      deps.log.warn({ err: error }, 'the mirrors could not be checked, trying again'),
  });
}

async function removeLeftovers(root: string, names: readonly string[]): Promise<void> {
  const oldest = Date.now() - LEFTOVER_AFTER_MS;
  for (const name of names) {
    if (MIRROR.test(name) || name.endsWith('.lock')) continue;
    const stats = await lstat(join(root, name)).catch(() => null);
    if (name.endsWith(EVICTED) || (stats !== null && stats.mtimeMs < oldest)) {
      await removeTree(join(root, name));
    }
  }
}

async function describe(path: string) {
  const stats = await lstat(join(path, USED)).catch(() => null);
  return { path, bytes: await sizeOf(path), usedAtMs: stats?.mtimeMs ?? 0 };
}

async function remove(path: string): Promise<boolean> {
  const lock = await tryLock(`${path}.lock`);
  if (!lock) return false;
  try {
    await rename(path, path + EVICTED);
  } finally {
    await lock.release();
  }
  await removeTree(path + EVICTED);
  return true;
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await sizeOf(path);
    else bytes += (await lstat(path).catch(() => null))?.size ?? 0;
  }
  return bytes;
}
