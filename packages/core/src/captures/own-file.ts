// Baton's own files beside a workspace. An agent runs as the same user, so each may be a link, a fifo or a folder by now.
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { findHostErrno } from '../runtime/host-errnos.ts';

/**
 * Reads a text file of Baton's own. Follows no symlink, and never waits for a writer. Returns null if there is no such
 * file, or if it is larger than `maxBytes`. Throws only the error of a sick host.
 */
export function readOwnFile(path: string, maxBytes: number): string | null {
  let file: number | null = null;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > maxBytes) return null;
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (findHostErrno(error) !== null) throw error;
    return null;
  } finally {
    if (file !== null) closeSync(file);
  }
}

/** Makes a folder of Baton's own in an existing folder. Whatever else is at its path is removed. */
export function makeOwnFolder(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    if ((stat.mode & 0o700) !== 0o700) chmodSync(path, 0o700);
    return;
  }
  if (stat) rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { mode: 0o700 });
}

/** Removes a directory that is at the path of a file of Baton's own, because a rename would not replace the directory. */
export function clearOwnPath(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) rmSync(path, { recursive: true, force: true });
}
