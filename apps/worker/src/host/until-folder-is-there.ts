import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 100;

/**
 * Waits until a folder exists, for `limitMs` milliseconds at most. Resolves to whether it exists. The wait ends
 * early once `signal` is aborted.
 */
export async function untilFolderIsThere(
  folder: string,
  limitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (!existsSync(folder)) {
    if (signal.aborted || performance.now() >= end) return false;
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
  }
  return true;
}
