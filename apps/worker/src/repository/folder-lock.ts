// A lock between the worker processes of a host. The lock of a process that died counts no more.
import { randomUUID } from 'node:crypto';
import { link, lstat, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { startTimeOf } from '../host/marker.ts';
import { pidScope } from '../host/pid-scope.ts';
import { isGone } from '../host/sweep.ts';

/** A lock that this process holds. */
export interface HeldLock {
  /** Releases the lock. Never rejects. */
  release(): Promise<void>;
}

/** How often a holder shows that it lives, in milliseconds. */
const RENEW_MS = 2_000;

/**
 * After this time without a sign of life, in milliseconds, a lock counts as abandoned. Only a holder whose process cannot
 * be looked up (another container on the same disk) is judged by it.
 */
const ABANDONED_AFTER_MS = 30_000;

const LOOK_EVERY_MS = 25;

/**
 * Takes the lock, and waits while a living process holds it. Throws the signal's reason if the signal fires first. Git
 * itself guards its files, so if two processes ever hold the lock at once, they only do the same work twice.
 *
 * @param path The file that stands for the lock. Its folder exists.
 */
export async function takeLock(path: string, signal?: AbortSignal): Promise<HeldLock> {
  for (;;) {
    signal?.throwIfAborted();
    const held = await tryLock(path);
    if (held) return held;
    await delay(LOOK_EVERY_MS, undefined, signal ? { signal } : {}).catch(() => {});
  }
}

/** Takes the lock if no living process holds it. Resolves to null if one does. */
export async function tryLock(path: string): Promise<HeldLock | null> {
  const token = `${process.pid} ${startTimeOf(process.pid) ?? '0'} ${pidScope()} ${randomUUID()}`;
  const own = `${path}.${randomUUID()}`;
  await writeFile(own, token, { mode: 0o600, flag: 'wx' });
  try {
    if (await tryLink(own, path)) return holdLock(path, token);
    const holder = await readHolder(path);
    if (holder === null || !(await isAbandoned(path, holder, own))) return null;
    await removeAbandoned(path, holder);
    return (await tryLink(own, path)) ? holdLock(path, token) : null;
  } finally {
    await rm(own, { force: true });
  }
}

function holdLock(path: string, token: string): HeldLock {
  const timer = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, RENEW_MS);
  timer.unref();
  return {
    async release() {
      clearInterval(timer);
      // After a long pause of this process, another one may hold the lock by now.
      if ((await readHolder(path)) === token) await rm(path, { force: true }).catch(() => {});
    },
  };
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}

// The two files are on the same disk, so their times come from the same clock.
async function isAbandoned(path: string, holder: string, own: string): Promise<boolean> {
  const [pid = '', startTime = '', scope] = holder.split(' ');
  if (/^\d+$/.test(pid) && scope === pidScope()) return isGone({ pid: Number(pid), startTime });
  const [held, fresh] = await Promise.all([lstat(path).catch(() => null), lstat(own)]);
  return held !== null && fresh.mtimeMs - held.mtimeMs > ABANDONED_AFTER_MS;
}

// Another process may remove the same lock, and take it, at this moment: its lock is put back.
async function removeAbandoned(path: string, holder: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  const isMoved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!isMoved) return;
  if ((await readHolder(aside)) !== holder) await tryLink(aside, path);
  await rm(aside, { force: true });
}
