// Fills a new directory with a session's repository: finds the commit, fetches it into the mirror, clones it from there.
import { appendFile, lstat, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CaptureFailedError } from '@baton/core/captures';
import {
  AppError,
  defined,
  parseRepositoryUrl,
  type RepositoryConfig,
  type RepositoryPolicy,
} from '@baton/core/internal';
import { type CheckoutBounds, checkOut, fetchClone, nameStart, quote } from './clone.ts';
import { type CloneAhead, startCloneAhead } from './clone-ahead.ts';
import type { GitSettings } from './git-settings.ts';
import { openMirror } from './mirror.ts';
import type { OperatorCredentials } from './operator-credentials.ts';
import { isDamage } from './repository-problem.ts';
import type { Lookup } from './resolve-address.ts';
import { type RepositoryStart, resolveRef } from './resolve-ref.ts';
import { GitFailedError } from './run-git.ts';
import { readSubmodules, type Submodule } from './submodules.ts';
import { openTransport } from './transport.ts';

/** What clones of a worker have in common. */
export interface CloneDeps {
  workRoot: string;
  policy: RepositoryPolicy;
  operatorCredentials: OperatorCredentials;
  git: GitSettings;
  /** The largest repository, with its submodules. */
  bounds: CheckoutBounds;
  /** Default: the system's. */
  lookup?: Lookup;
}

/** The clone to make. */
export interface CloneRequest {
  repository: Pick<RepositoryConfig, 'url' | 'ref' | 'depth' | 'submodules' | 'credentials'>;
  /** What the conversation has begun from. Absent before its first clone. */
  base?: { ref: string; commit: string } | undefined;
  /** The new directory. */
  target: string;
  /** A private folder of the attempt. */
  dirs: { files: string };
  signal?: AbortSignal | undefined;
}

/** The commit that a conversation begins from, as the session document stores it. */
export interface ClonedBase {
  url: string;
  ref: string;
  commit: string;
}

// Hostile repositories could name each other without end.
const MAX_LEVELS = 8;
const MAX_SUBMODULES = 200;

/** Where in a repository's submodules a clone is. */
interface Level {
  field: string;
  level: number;
  /** What the checkouts may still take, all together. */
  left: CheckoutBounds & { submodules: number };
}

/**
 * Clones a repository into a new directory, and returns what it began from. Nothing of the repository's content runs.
 * If the call fails, the directory may hold a part. Throws REPOSITORY_NOT_FOUND, REPOSITORY_AUTH, REF_NOT_FOUND,
 * REPOSITORY_NOT_ALLOWED, REPOSITORY_UNAVAILABLE or WORKSPACE_TOO_LARGE, each with the field; CaptureFailedError if this
 * host is the cause; the signal's reason if the signal fired.
 */
export async function cloneRepository(deps: CloneDeps, request: CloneRequest): Promise<ClonedBase> {
  const timeout = AbortSignal.timeout(deps.git.timeoutMs);
  const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
  try {
    return await clone(
      deps,
      { ...request, signal },
      { field: 'workspace.url', level: 0, left: { ...deps.bounds, submodules: MAX_SUBMODULES } },
    );
  } catch (error) {
    request.signal?.throwIfAborted();
    if (timeout.aborted) {
      throw new AppError('REPOSITORY_UNAVAILABLE', 'workspace.url: git took too long', {
        details: { field: 'workspace.url' },
        cause: error,
      });
    }
    if (!(error instanceof GitFailedError)) throw error;
    // All that is left are calls on this host's own files.
    throw new CaptureFailedError(`${error.message}: ${error.stderr.trim().slice(-300)}`);
  }
}

/** A clone whose objects are there. */
interface Begun {
  start: RepositoryStart;
  /** The checkout, if it has begun. */
  ahead: Awaited<ReturnType<CloneAhead['settle']>>;
}

async function clone(
  deps: CloneDeps,
  { repository, base, target, dirs, signal }: CloneRequest,
  at: Level,
): Promise<ClonedBase> {
  const { workRoot, git } = deps;
  const { url, ref, depth = 1, submodules = false } = repository;
  const transport = openTransport({ ...deps, repository, dirs, field: at.field });
  const mirror = await openMirror({ workRoot, url, depth, git, signal });
  const make = { mirror: mirror.gitDir, target, depth, git, signal };
  let begun: Begun;
  try {
    begun = await begin().catch(async (error: unknown) => {
      // Without this, no session could use the repository on this host any more.
      if (!isDamage(error)) throw error;
      await mirror.reset();
      await rm(join(target, '.git'), { recursive: true, force: true });
      const start = await findStart();
      await fetchAll(start.commit);
      return { start, ahead: null };
    });
    if (!base) await mirror.lastCommits.remember(ref, begun.start.commit);
  } finally {
    await mirror.close();
    await transport.close();
  }
  const { start, ahead } = begun;
  const left = ahead?.checkedOut ?? checkOut({ ...make, commit: start.commit }, at.left);
  Object.assign(at.left, await left);
  await nameStart(target, url, start);
  const cloned = { url, ref: start.ref, commit: start.commit };
  if (!submodules) return cloned;
  for (const one of await readSubmodules(join(target, '.git'), start.commit, url, {
    git,
    signal,
  })) {
    await cloneSubmodule(deps, one, { repository, target, dirs, signal }, at);
  }
  return cloned;

  async function begin(): Promise<Begun> {
    const guessed = startCloneAhead(await guessCommit(), make, at.left);
    const start = await findStart().catch(async (error: unknown) => {
      await guessed.settle(null);
      throw error;
    });
    const ahead = await guessed.settle(start.commit);
    if (!ahead) await fetchAll(start.commit);
    return { start, ahead };
  }

  async function fetchAll(commit: string): Promise<void> {
    await mirror.fetch(transport, commit, { maxBytes: at.left.maxBytes, field: at.field });
    await fetchClone({ ...make, commit });
  }

  // Most sessions begin from a commit that the mirror holds. Then the clone is made while the server is asked. With more
  // history than one commit, the mirror may hold too little of it.
  async function guessCommit(): Promise<string | null> {
    if (depth > 1) return null;
    return base?.commit ?? mirror.lastCommits.recall(ref);
  }

  // A pinned commit may have left the server's refs. The server is asked all the same: it says whether the session may
  // read the repository at all.
  async function findStart(): Promise<RepositoryStart> {
    if (!base) return resolveRef(transport, mirror.gitDir, ref, { signal });
    const found = await resolveRef(transport, mirror.gitDir, base.ref, { signal }).catch(
      (error: unknown) => {
        if (error instanceof AppError && error.code === 'REF_NOT_FOUND') return null;
        throw error;
      },
    );
    const kind = found?.kind ?? (/^(?:[0-9a-f]{40}|HEAD)$/.test(base.ref) ? 'commit' : 'branch');
    return { commit: base.commit, ref: base.ref, kind };
  }
}

async function cloneSubmodule(
  deps: CloneDeps,
  { name, path, url, commit }: Submodule,
  parent: CloneRequest,
  at: Level,
): Promise<void> {
  const field = 'workspace.submodules';
  at.left.submodules -= 1;
  if (at.left.submodules < 0 || at.level >= MAX_LEVELS) {
    throw new AppError(
      'REPOSITORY_NOT_ALLOWED',
      `${field}: expected at most ${MAX_SUBMODULES} submodules on ${MAX_LEVELS} levels, found more`,
      { details: { field } },
    );
  }
  const target = join(parent.target, path);
  await makeInside(parent.target, path);
  const { repository } = parent;
  await clone(
    deps,
    {
      ...parent,
      target,
      base: { ref: commit, commit },
      repository: {
        url,
        ...defined({ depth: repository.depth, submodules: repository.submodules }),
        // Credentials go to the server that they were given for, and to no other.
        ...defined({
          credentials: isSameServer(url, repository.url) ? repository.credentials : undefined,
        }),
      },
    },
    { field, level: at.level + 1, left: at.left },
  );
  const lines = `[submodule ${quote(name)}]\n\tactive = true\n\turl = ${quote(url)}\n`;
  await appendFile(join(parent.target, '.git/config'), lines);
}

function isSameServer(one: string, other: string): boolean {
  const [a, b] = [one, other].map(parseRepositoryUrl);
  if (!a || !b) return false;
  return a.protocol === b.protocol && a.host === b.host && a.port === b.port;
}

/** Makes a directory below another one, and refuses to follow a symlink on the way. */
async function makeInside(root: string, path: string): Promise<void> {
  let at = root;
  for (const part of path.split('/')) {
    at = join(at, part);
    await mkdir(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if ((await lstat(at)).isDirectory()) continue;
    throw new AppError(
      'REPOSITORY_NOT_ALLOWED',
      `workspace.submodules: expected a directory for the submodule in ${dirname(path)}, found another entry`,
      { details: { field: 'workspace.submodules' } },
    );
  }
}
