// Finds out whether this host can run sessions: it performs the steps of starting a session, but with little
// data and in bounded time.
import { open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAppError, newId } from '@baton/core/internal';
import { type ClaudeCli, readVersion } from '../claude/find-claude-cli.ts';
import {
  findFileProblem,
  findReportedProblem,
  type HostProblem,
} from '../host-problem/find-host-problem.ts';
import { findFullDisk } from './disk-space.ts';
import type { WorkerIdentity } from './identity.ts';
import { makeFolder } from './make-folder.ts';
import { makeRunDirs, removeRunDirs } from './run-dirs.ts';
import { MARKS } from './work-dirs.ts';

/** How long the CLI may take to print its version, in milliseconds. The CLI takes one second on a busy host. */
const VERSION_TIMEOUT_MS = 15_000;

/** How many bytes must fit on the disk of temporary files: a short transcript with room to grow. */
const PROBE_BYTES = 1024 * 1024;

/** How many more files the worker must be able to open while the CLI starts: about as many as a session opens. */
const SPARE_FILES = 8;

/** What a probe checks. */
export interface HostProbeDeps {
  /** The CLI. The probe updates its `version`, because the CLI may have been updated in place. */
  cli: ClaudeCli;
  launcher: readonly string[];
  baseEnv: Record<string, string>;
  workRoot: string;
  /** How much of the disk of WORK_ROOT must be free, in bytes. */
  minFreeBytes: number;
  identity: WorkerIdentity;
}

/**
 * Creates a probe. Each call resolves to the problem that keeps this host from running sessions, or
 * to null.
 */
export function createProbe(deps: HostProbeDeps): () => Promise<HostProblem | null> {
  const { cli, launcher, baseEnv: env, workRoot } = deps;

  async function startCli(cwd: string): Promise<HostProblem | null> {
    try {
      const options = { env, launcher, cwd, timeoutMs: VERSION_TIMEOUT_MS };
      cli.version = await readVersion(cli.file, options);
      return null;
    } catch (error) {
      if (!isAppError(error)) return findFileProblem(error) ?? unknown(error);
      const problem = findReportedProblem(error.message);
      if (problem) return problem;
      const code = error.code === 'CLAUDE_TOO_OLD' ? error.code : 'CLAUDE_NOT_FOUND';
      return { code, message: error.message };
    }
  }

  return async () => {
    try {
      await tryFolder(workRoot);
      const full = await findFullDisk(workRoot, deps.minFreeBytes);
      if (full) return full;
      const dirs = await makeRunDirs(deps.identity);
      try {
        await writeFile(join(dirs.tmp, 'probe'), Buffer.alloc(PROBE_BYTES, 1));
        return await withOpenFiles(SPARE_FILES, () => startCli(dirs.tmp));
      } finally {
        await removeRunDirs(dirs).catch(() => {});
      }
    } catch (error) {
      return findFileProblem(error) ?? unknown(error);
    }
  };
}

async function tryFolder(workRoot: string): Promise<void> {
  const folder = join(workRoot, MARKS);
  const file = join(folder, `probe-${newId()}`);
  await makeFolder(folder);
  await writeFile(file, 'probe').finally(() => rm(file, { force: true }).catch(() => {}));
}

async function withOpenFiles<T>(count: number, work: () => Promise<T>): Promise<T> {
  const files: Awaited<ReturnType<typeof open>>[] = [];
  try {
    while (files.length < count) files.push(await open(tmpdir(), 'r'));
    return await work();
  } finally {
    for (const file of files) await file.close();
  }
}

function unknown(error: unknown): HostProblem {
  return { code: 'HOST_ERROR', message: `the probe of the host failed: ${String(error)}` };
}
