import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PROJECT_DIR_NAME } from '../claude/command.ts';
import { pidScope } from './pid-scope.ts';

/** The folders of one attempt. Only this user can read them. */
export interface RunDirs {
  root: string;
  /** CLAUDE_CONFIG_DIR. */
  config: string;
  /** CLAUDE_CODE_TMPDIR. Its path is short, because the CLI makes a Unix socket in it. */
  tmp: string;
  /** The folder of the files that the command line names. */
  files: string;
  /** The folder in which Claude keeps the transcript. */
  project: string;
}

// The name contains the worker's process, so a sweep can tell whether the worker that made the
// folder still runs.
const RUN_DIR = /^baton-run-(\d+)-(\d+)-(?:([0-9a-f]{8})-)?/;

/**
 * Returns the worker process that the name of a run folder contains. Returns null for any other
 * folder. Also returns null if the worker runs in another pid namespace (a container that shares
 * the disk), because that worker's pid means nothing here.
 */
export function ownerOfRunDir(name: string): { pid: number; startTime: string } | null {
  const [, pid, startTime, scope] = RUN_DIR.exec(name) ?? [];
  if (pid === undefined || startTime === undefined) return null;
  return scope === undefined || scope === pidScope() ? { pid: Number(pid), startTime } : null;
}

// The names of the folders that attempts of this process use now.
const inUse = new Set<string>();

/** Returns whether an attempt of this process uses the folder of this name. */
export function isRunDirInUse(name: string): boolean {
  return inUse.has(name);
}

/** Makes the folders of an attempt, readable only by this user. `owner` is this worker process. */
export async function makeRunDirs(owner: { pid: number; startTime: string }): Promise<RunDirs> {
  const name = `baton-run-${owner.pid}-${owner.startTime}-${pidScope()}-`;
  const root = await mkdtemp(join(tmpdir(), name));
  inUse.add(basename(root));
  try {
    return await fill(root);
  } catch (error) {
    // On a full disk, making the folder may succeed and making its content may fail.
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

/** Removes the folders of an attempt. Retries if a dying process still writes into them. */
export async function removeRunDirs(dirs: RunDirs): Promise<void> {
  inUse.delete(basename(dirs.root));
  await rm(dirs.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Writes files that may hold secrets, readable only by this user. */
export async function writePrivateFiles(
  files: readonly { path: string; content: string }[],
): Promise<void> {
  for (const { path, content } of files) await writeFile(path, content, { mode: 0o600 });
}
