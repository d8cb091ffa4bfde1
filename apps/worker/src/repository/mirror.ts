// The mirror of a repository on this host: a bare repository that keeps what sessions fetched, so that the next session
// fetches only what is new. It holds no URL and no credentials.
import { createHash } from 'node:crypto';
import { lstat, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeOwnFolder } from '@baton/core/captures';
import { AppError, parseRepositoryUrl } from '@baton/core/internal';
import { makeFolder } from '../host/make-folder.ts';
import { type HeldLock, takeLock } from './folder-lock.ts';
import { buildGitEnv } from './git-env.ts';
import type { GitSettings } from './git-settings.ts';
import { type LastCommits, openLastCommits } from './last-commits.ts';
import { GitFailedError, runGit } from './run-git.ts';
import type { Transport } from './transport.ts';
import { watchSize } from './watch-size.ts';

/** The folder of the mirrors, below WORK_ROOT. No conversation can have this name. */
export const MIRRORS = '.repositories';

/** The file whose time says when a mirror was used last. */
export const USED = 'used';

const LAST_COMMITS = 'last-commits.json';

/** Beyond this many packs, a mirror is packed anew. */
const MAX_PACKS = 50;

const CONFIG = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n';
const HEAD = 'ref: refs/heads/none\n';
// What decides what git does is written anew, because an agent runs as the same user and may have changed it.
const KEPT = new Set(['objects', 'refs', 'packed-refs', 'shallow']);

/** The mirror to open. */
export interface MirrorOptions {
  workRoot: string;
  /** The repository's URL. Any form of it names the same mirror. */
  url: string;
  /** How many commits of history are wanted; 0 means all. Repositories with and without all history are apart. */
  depth: number;
  git: GitSettings;
  signal?: AbortSignal | undefined;
}

/** A mirror that this process has to itself until it closes it. */
export interface Mirror {
  /** The bare repository. */
  gitDir: string;
  /** What refs named when sessions last asked for them. */
  lastCommits: LastCommits;
  /**
   * Makes sure that the mirror holds a commit, with its files and as much history as the mirror is opened for. Throws as
   * the transport does; REF_NOT_FOUND if the server does not give the commit; WORKSPACE_TOO_LARGE.
   *
   * @param options `maxBytes`: how much may be fetched. `field`: the field of the config that errors name.
   */
  fetch(
    transport: Transport,
    commit: string,
    options: { maxBytes: number; field: string },
  ): Promise<void>;
  /** Removes everything that the mirror holds. */
  reset(): Promise<void>;
  /** Lets other processes use the mirror. Never rejects. */
  close(): Promise<void>;
}

/** Opens the mirror of a repository: makes it if it is absent, and waits while another process has it. */
export async function openMirror(options: MirrorOptions): Promise<Mirror> {
  const { workRoot, url, depth, signal } = options;
  const mirrors = join(workRoot, MIRRORS);
  await makeFolder(mirrors);
  const folder = join(mirrors, nameOfMirror(url, depth));
  const lock = await takeLock(`${folder}.lock`, signal);
  try {
    const gitDir = await prepareMirror(folder);
    return createMirror(options, gitDir, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Returns the name of a repository's mirror. */
export function nameOfMirror(url: string, depth: number): string {
  const kind = depth === 0 ? 'full' : 'shallow';
  const canonical = parseRepositoryUrl(url)?.canonical ?? url;
  return createHash('sha256').update(`${kind} ${canonical}`).digest('hex').slice(0, 40);
}

function createMirror(
  { depth, git, signal }: MirrorOptions,
  gitDir: string,
  lock: HeldLock,
): Mirror {
  const run = (...args: readonly string[]) =>
    runGit(args, { gitDir, env: buildGitEnv(git, 'none'), timeoutMs: git.timeoutMs, signal });

  /** Returns whether a fetch of this commit was completed, at the depth that a session asks for most often. */
  async function holds(commit: string): Promise<boolean> {
    if (depth > 1) return false;
    return run('rev-parse', '--verify', '--quiet', `${refOf(commit)}^{commit}`).then(
      ({ stdout }) => stdout.trim() === commit,
      unlessGitFailed(false),
    );
  }

  return {
    gitDir,
    lastCommits: openLastCommits(join(gitDir, '..', LAST_COMMITS)),
    async fetch(transport, commit, { maxBytes, field }) {
      if (await holds(commit)) return;
      const depths = depth === 0 ? [] : [`--depth=${depth}`];
      const size = watchSize(join(gitDir, 'objects'), maxBytes, signal);
      try {
        await transport.run(
          gitDir,
          [
            'fetch',
            '--quiet',
            '--no-tags',
            '--no-write-fetch-head',
            '--no-auto-maintenance',
            ...depths,
            '--end-of-options',
            transport.url,
            `+${commit}:${refOf(commit)}`,
          ],
          { signal: size.signal },
        );
      } catch (error) {
        throw size.isExceeded() ? tooLarge(maxBytes) : error;
      } finally {
        size.stop();
      }
      await run('rev-parse', '--verify', '--quiet', `${refOf(commit)}^{commit}`).catch(
        (error: unknown) => {
          throw error instanceof GitFailedError ? notACommit(field) : error;
        },
      );
      if ((await countPacks(gitDir)) > MAX_PACKS) await run('repack', '-a', '-d', '-q');
    },
    async reset() {
      await rm(gitDir, { recursive: true, force: true });
      await prepareMirror(join(gitDir, '..'));
    },
    async close() {
      const now = new Date();
      await utimes(join(gitDir, '..', USED), now, now).catch(() => {});
      await lock.release();
    },
  };
}

function refOf(commit: string): string {
  return `refs/baton/${commit}`;
}

function unlessGitFailed<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof GitFailedError) return value;
    throw error;
  };
}

async function prepareMirror(folder: string): Promise<string> {
  makeOwnFolder(folder);
  await writeFile(join(folder, USED), '', { mode: 0o600 });
  const gitDir = join(folder, 'git');
  makeOwnFolder(gitDir);
  for (const name of await readdir(gitDir)) {
    const path = join(gitDir, name);
    const isKept = KEPT.has(name) && !(await lstat(path)).isSymbolicLink();
    if (!isKept) await rm(path, { recursive: true, force: true });
  }
  for (const name of ['objects', 'objects/pack', 'refs']) makeOwnFolder(join(gitDir, name));
  // Objects of another repository would be read through this folder. A broken fetch leaves temporary packs.
  await rm(join(gitDir, 'objects/info'), { recursive: true, force: true });
  for (const name of await readdir(join(gitDir, 'objects/pack'))) {
    if (!/^pack-[0-9a-f]{40}\.(?:pack|idx|rev)$/.test(name)) {
      await rm(join(gitDir, 'objects/pack', name), { recursive: true, force: true });
    }
  }
  await writeFile(join(gitDir, 'config'), CONFIG);
  await writeFile(join(gitDir, 'HEAD'), HEAD);
  // A process that was killed leaves the locks of git.
  await rm(join(gitDir, 'shallow.lock'), { force: true });
  return gitDir;
}

async function countPacks(gitDir: string): Promise<number> {
  const names = await readdir(join(gitDir, 'objects/pack'));
  return names.filter((name) => name.endsWith('.pack')).length;
}

function notACommit(field: string): AppError {
  return new AppError('REF_NOT_FOUND', `${field}: expected a commit, found another object`, {
    details: { field },
  });
}

/** Creates the error for a repository that exceeds the bound of a workspace. */
export function tooLarge(maxBytes: number): AppError {
  return new AppError(
    'WORKSPACE_TOO_LARGE',
    `workspace: expected a repository of at most ${maxBytes} bytes, found a larger one; ask for less history or for fewer files, or ask the operator to raise WORKSPACE_MAX_BYTES`,
    { details: { field: 'workspace' } },
  );
}
