import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PROJECT_DIR_NAME } from '../claude/command.ts';
import { pidScope } from './pid-scope.ts';

/** The folders of one attempt, all private to it. */
export interface RunDirs {
  root: string;
  /** CLAUDE_CONFIG_DIR. */
  config: string;
  /** CLAUDE_CODE_TMPDIR; its path is kept short, for a Unix socket lives in it. */
  tmp: string;
  /** Files named on the command line. */
  files: string;
  /** Where Claude keeps the transcript. */
  project: string;
}

// The name says whose it is, so that what a dead worker left can be told from what a living one uses.
const RUN_DIR = /^baton-run-(\d+)-(\d+)-(?:([0-9a-f]{8})-)?/;

/**
 * The worker process that a folder's name says it belongs to; null for any other folder, and for one of
 * a worker whose pids are not ours to judge (another container's, on a shared disk).
 */
export function ownerOfRunDir(name: string): { pid: number; startTime: string } | null {
  const [, pid, startTime, scope] = RUN_DIR.exec(name) ?? [];
  if (pid === undefined || startTime === undefined) return null;
  return scope === undefined || scope === pidScope() ? { pid: Number(pid), startTime } : null;
}

// The folders of this process that an attempt uses, by name.
const inUse = new Set<string>();

/** Says whether an attempt of this process uses the folder of this name. */
export function isRunDirInUse(name: string): boolean {
  return inUse.has(name);
}

/** Makes the folders of an attempt, readable by this user alone; `owner` is this worker process. */
export async function makeRunDirs(owner: { pid: number; startTime: string }): Promise<RunDirs> {
  const name = `baton-run-${owner.pid}-${owner.startTime}-${pidScope()}-`;
  const root = await mkdtemp(join(tmpdir(), name));
  inUse.add(basename(root));
  try {
    return await fill(root);
  } catch (error) {
    // A full disk takes a folder, but not what is to be in it.
    inUse.delete(basename(root));
    await rm(root, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

async function fill(root: string): Promise<RunDirs> {
  await chmod(root, 0o700);
  const config = join(root, 'c');
  const dirs = {
    root,
    config,
    tmp: join(root, 't'),
    files: join(root, 'f'),
    project: join(config, 'projects', PROJECT_DIR_NAME),
  };
  for (const folder of [dirs.project, dirs.tmp, dirs.files]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  return dirs;
}

/** Removes the folders of an attempt, whatever a dying process still writes into them. */
export async function removeRunDirs(dirs: RunDirs): Promise<void> {
  inUse.delete(basename(dirs.root));
  await rm(dirs.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Writes files that may hold secrets: readable by this user alone. */
export async function writePrivateFiles(
  files: readonly { path: string; content: string }[],
): Promise<void> {
  for (const { path, content } of files) await writeFile(path, content, { mode: 0o600 });
}
