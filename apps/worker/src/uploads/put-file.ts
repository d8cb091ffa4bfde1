// Puts a file into a directory whose content is an agent's or a repository's: each part of the path may be a symlink.
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

const MODE = 0o644;

/** Thrown if something in the directory is in the way of a file. */
export class PathBlockedError extends Error {
  override readonly name = 'PathBlockedError';
}

/** A file to put into a directory. */
export interface PutFile {
  /** The real path of the directory. */
  root: string;
  /** A relative path without `..`. Missing folders are made. */
  path: string;
  /** The name that the file has beside its path until it is complete. What is there is replaced. */
  draft: string;
  /** Whether a file at the path is replaced. If not, whatever is in the way stays, and nothing is written. */
  replaces: boolean;
  /** Reads the bytes. If it throws, the path is left as it was. */
  read(): AsyncIterable<Buffer>;
}

/**
 * Puts a file into a directory, complete or not at all, with mode 0644. Follows no symlink below the directory. With
 * `replaces`, throws PathBlockedError if anything but a folder is in the middle of the path, or anything but a file at
 * its end, or if the worker may not write there.
 */
export async function putFile(file: PutFile): Promise<void> {
  try {
    await put(file);
  } catch (error) {
    if (!(error instanceof PathBlockedError) || file.replaces) throw error;
  }
}

async function put({ root, path, draft, replaces, read }: PutFile): Promise<void> {
  const names = path.split('/');
  const name = names.pop() ?? '';
  const folder = await openFolder(root, names);
  try {
    const target = join(folder.path, name);
    const found = await lstat(target).catch(nullIfMissing);
    if (found && !replaces) return;
    if (found && !found.isFile()) throw new PathBlockedError('expected a file or nothing there');
    await writeDraft(join(folder.path, draft), target, read);
  } finally {
    await folder.handle.close();
  }
}

async function writeDraft(draft: string, target: string, read: PutFile['read']): Promise<void> {
  try {
    // An attempt that died left its draft.
    await rm(draft, { recursive: true, force: true });
    const handle = await open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, MODE);
    try {
      await handle.chmod(MODE);
      for await (const piece of read()) await handle.writeFile(piece);
    } finally {
      await handle.close();
    }
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw blockedIfForbidden(error);
  }
}

interface OpenFolder {
  handle: FileHandle;
  /** A path that leads to the open folder, whatever happens to its name. */
  path: string;
}

/** Opens a folder below the root, and makes what is missing. */
async function openFolder(root: string, names: readonly string[]): Promise<OpenFolder> {
  let folder = await openOne(root);
  for (const name of names) {
    const path = join(folder.path, name);
    try {
      await mkdir(path).catch(unlessThere);
      const next = await openOne(path);
      await folder.handle.close();
      folder = next;
    } catch (error) {
      await folder.handle.close();
      throw blockedIfForbidden(error);
    }
  }
  return folder;
}

async function openOne(path: string): Promise<OpenFolder> {
  try {
    const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    // Node has no `openat`. On Linux, this path means the open folder itself.
    return { handle, path: process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : path };
  } catch (error) {
    if (!['ENOTDIR', 'ELOOP'].includes(codeOf(error))) throw error;
    throw new PathBlockedError('expected only folders on the way there, no file and no symlink');
  }
}

// The folders are an agent's or the caller's, so a folder that nobody may write to is no fault of the host.
function blockedIfForbidden(error: unknown): unknown {
  if (!['EACCES', 'EPERM'].includes(codeOf(error))) return error;
  return new PathBlockedError('expected folders that the worker may write to');
}

function nullIfMissing(error: unknown): null {
  if (codeOf(error) !== 'ENOENT') throw error;
  return null;
}

function unlessThere(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}
