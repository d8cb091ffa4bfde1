// The folder of one API process in a directory that several processes may share. Nothing tells a process of another
// container from a dead one, except that it renews the time of its folder.
import { mkdir, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder of this process. */
export interface OwnFolder {
  /** Returns the path. The folder is made at the first call. */
  path(): Promise<string>;
  /** Removes the folder. */
  close(): Promise<void>;
}

const NAME = 'api-';
const RENEW_MS = 60_000;
const DEAD_MS = 15 * RENEW_MS;

/** Opens the folder of this process in `directory`, and removes those of dead processes now and then. */
export function openOwnFolder(directory: string): OwnFolder {
  let made: Promise<string> | null = null;
  let isClosed = false;

  async function renew(): Promise<void> {
    const own = await made?.catch(() => null);
    const now = new Date();
    if (own) await utimes(own, now, now);
    await removeDeadFolders(directory, Date.now() - DEAD_MS);
  }

  const renewing = setInterval(() => void renew().catch(() => {}), RENEW_MS).unref();
  void renew().catch(() => {});

  async function make(): Promise<string> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return mkdtemp(join(directory, NAME));
  }

  return {
    path() {
      if (isClosed) return Promise.reject(new Error('the cache of captures is closed'));
      made ??= make();
      // The next call tries again.
      made.catch(() => {
        made = null;
      });
      return made;
    },
    async close() {
      isClosed = true;
      clearInterval(renewing);
      const own = await made?.catch(() => null);
      if (own) await rm(own, { recursive: true, force: true });
    },
  };
}

/** Removes the folders of processes that have not renewed them since `before`, in milliseconds since 1970. */
export async function removeDeadFolders(directory: string, before: number): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    if (!name.startsWith(NAME)) continue;
    const folder = join(directory, name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < before) await rm(folder, { recursive: true, force: true });
  }
}
