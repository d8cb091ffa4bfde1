import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from './alive.ts';
import { ServicesError } from './errors.ts';

const guardianEndsWithinMs = 30_000;

/**
 * Locks the folder for this process and returns the lock file, or throws if another process holds
 * the lock. Without the lock, two Redis servers could destroy one append-only file. After a crash,
 * the function waits for the old guardian, which may still be stopping the old servers.
 */
export async function lockFolder(folder: string, guardianPid: number): Promise<string> {
  const lock = join(folder, 'services.lock');
  const ownLock = join(folder, `.services.lock.${process.pid}`);
  await writeFile(ownLock, `${process.pid} ${guardianPid}\n`);
  try {
    for (const started = Date.now(); !(await linked(ownLock, lock)); await delay(50)) {
      const content = await readFile(lock, 'utf8').catch(() => ''); // the lock was just released, so try again
      const [launcher = 0, guardian = 0] = content.split(' ').map(Number);
      if (isAlive(launcher)) {
        throw new ServicesError(
          `${folder} is in use by process ${launcher}: stop that process first (or remove ${lock} if it is not Baton's)`,
        );
      }
      const isEnding = isAlive(guardian) && Date.now() - started < guardianEndsWithinMs;
      if (content && !isEnding) await removeStale(lock, content);
    }
  } finally {
    await rm(ownLock, { force: true });
  }
  return lock;
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

// The lock is moved aside before its content is compared: another process may have replaced it
// since this process read it.
async function removeStale(lock: string, stale: string): Promise<void> {
  const aside = `${lock}.${process.pid}`;
  try {
    await rename(lock, aside);
  } catch {
    return; // another start removed the lock file
  }
  if ((await readFile(aside, 'utf8')) !== stale) await linked(aside, lock);
  await rm(aside);
}
