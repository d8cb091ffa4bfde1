// Removes and moves folders whose content is an agent's: some of them nobody may write to, as in a cache of Go modules.
import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises';

const CLOSED = ['EACCES', 'EPERM', 'ENOTEMPTY'];

/** Removes a file or a folder with everything in it, also if folders in it are read-only. Follows no symlink. */
export async function removeTree(path: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 3 };
  try {
    await rm(path, options);
  } catch (error) {
    if (!CLOSED.includes(String((error as NodeJS.ErrnoException).code))) throw error;
    await openFolders(Buffer.from(path));
    await rm(path, options);
  }
}

/** Moves a file or a folder to a path in the same file system, also if the folder is read-only. Throws as `rename` does. */
export async function moveTree(from: string, to: string): Promise<void> {
  const stats = await lstat(from);
  // The system moves a folder into another one only if its owner may write to it.
  const isClosed = stats.isDirectory() && (stats.mode & 0o200) === 0;
  if (isClosed) await chmod(from, stats.mode | 0o200);
  await rename(from, to);
  if (isClosed) await chmod(to, stats.mode);
}

async function openFolders(path: Buffer): Promise<void> {
  const stats = await lstat(path).catch(() => null);
  if (!stats?.isDirectory()) return;
  if ((stats.mode & 0o700) !== 0o700) await chmod(path, 0o700);
  for (const name of await readdir(path, { encoding: 'buffer' })) {
    await openFolders(Buffer.concat([path, Buffer.from('/'), name]));
  }
}
