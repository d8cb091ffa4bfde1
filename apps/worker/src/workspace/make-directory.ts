// Makes the directory of a managed workspace ready on this host: empty, or restored from a capture.

import { lstat, mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeOwnFolder, repositoryOf } from '@baton/core/captures';
import { AppError, type Capture, type CaptureStore, isNothingCaptured } from '@baton/core/internal';
import { CaptureCorruptError, type CaptureEngine } from '../capture/capture-engine.ts';
import { moveTree, removeTree } from '../host/folders.ts';
import { makeFolder } from '../host/make-folder.ts';
import { makeWorkDir, SHADOWS } from '../host/work-dirs.ts';
import { fetchPacks } from './fetch-packs.ts';
import type { WorkspaceLocation } from './layout.ts';
import { readMark, removeMark } from './mark.ts';

/** What is needed to restore a workspace. */
export interface RestoreDeps {
  captures: Pick<CaptureStore, 'read'>;
  engine: CaptureEngine;
}

/**
 * Returns whether the workspace's directory is on this host. A symlink or a file with its name is none: Baton makes
 * directories only.
 */
export async function directoryExists(path: string): Promise<boolean> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return found?.isDirectory() === true;
}

/**
 * Makes the workspace's directory if it is absent, and returns its path without symlinks. An agent may have put a link or
 * a file at this path: that is removed.
 */
export async function makeDirectory(
  workRoot: string,
  location: WorkspaceLocation,
): Promise<string> {
  const found = await lstat(location.path).catch(() => null);
  if (found && !found.isDirectory()) await rm(location.path, { force: true });
  return makeWorkDir(workRoot, location.name);
}

/** A directory to fill. */
export interface DirectoryToFill {
  workRoot: string;
  location: WorkspaceLocation;
  /** The fence of the attempt. It keeps two attempts from filling one folder. */
  fence: number;
}

/**
 * Restores the workspace's directory from a capture, and returns its path. What was at this path before is removed. Throws
 * WORKSPACE_CORRUPT, and FENCE_LOST if a later attempt has marked the directory.
 */
export async function restoreDirectory(
  { captures, engine }: RestoreDeps,
  { capture, ...directory }: DirectoryToFill & { capture: Capture },
): Promise<string> {
  const { location } = directory;
  return fillDirectory(directory, async (target) => {
    try {
      if (isNothingCaptured(capture)) await mkdir(target);
      else await restoreFiles({ captures, engine }, { location, capture, target });
    } catch (error) {
      if (!(error instanceof CaptureCorruptError)) throw error;
      throw new AppError(
        'WORKSPACE_CORRUPT',
        `the files of this conversation cannot be restored: ${error.message}`,
        { cause: error },
      );
    }
  });
}

/**
 * Makes the workspace's directory anew, and returns its path. `fill` makes its files in another folder of the same file
 * system, which then takes the directory's path; so the directory never holds a part. What was at this path before is
 * removed. The mark is removed first, so that no attempt uses what this one replaces. Throws as `fill` does, and FENCE_LOST
 * if a later attempt has marked the directory.
 *
 * @param fill Makes the folder `target`, which is absent, with its files.
 */
export async function fillDirectory(
  { workRoot, location, fence }: DirectoryToFill,
  fill: (target: string) => Promise<void>,
): Promise<string> {
  const { path, shadow } = location;
  await makeFolder(join(workRoot, SHADOWS));
  makeOwnFolder(shadow);
  await removeMark(shadow);
  await removeLeftovers(shadow);
  const target = join(shadow, `restore-${fence}`);
  const old = join(shadow, `replaced-${fence}`);
  try {
    await fill(target);
  } catch (error) {
    await removeTree(target).catch(() => {});
    throw error;
  }
  // Nobody else marks the directory, except a later attempt of this session on this host. The directory is that attempt's.
  if ((await readMark(shadow)) !== null) {
    await removeTree(target).catch(() => {});
    throw new AppError('FENCE_LOST', `a later attempt works in ${path} by now`);
  }
  await moveTree(path, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  // This also leaves the mark by which a deletion finds the directory. The empty directory is then replaced.
  await makeWorkDir(workRoot, location.name);
  await moveTree(target, path);
  await removeTree(old);
  return realpath(path);
}

// The repository on this host may be damaged: by its agent, or by a disk. MongoDB's packs are checked by their hashes.
async function restoreFiles(
  deps: RestoreDeps,
  {
    location: { path, shadow },
    capture,
    target,
  }: { location: WorkspaceLocation; capture: Capture; target: string },
): Promise<void> {
  async function restore(): Promise<void> {
    await fetchPacks(deps, shadow, capture);
    await deps.engine.restore({ shadow, commit: capture.commit, target, tree: path });
  }
  try {
    await restore();
  } catch (error) {
    if (!(error instanceof CaptureCorruptError)) throw error;
    await removeTree(target);
    await removeTree(repositoryOf(shadow));
    await restore();
  }
}

// An attempt that died during its restore left these.
async function removeLeftovers(shadow: string): Promise<void> {
  for (const name of await readdir(shadow)) {
    if (/^(?:restore|replaced|incoming|evicted)\b/.test(name)) await removeTree(join(shadow, name));
  }
}
