import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createGit,
  findGit,
  type Git,
  prepareRepository,
  repositoryOf,
} from '@baton/core/captures';
import { AppError, type CaptureStore, type Logger, type PackRef } from '@baton/core/internal';
import { toCaptureProblem } from './capture-problem.ts';
import { fetchPack, packFiles } from './fetch-pack.ts';
import { openOwnFolder } from './own-folder.ts';
import { createTurns } from './turns.ts';

/** Captured files that this process can read until they are released. */
export interface CaptureLease {
  git: Git;
  /** A git that may run for an hour, while a caller reads what it writes. */
  streamGit: Git;
  /** Returns a git that writes its objects into a folder, and not into the repository. */
  gitWithObjects(objects: string): Git;
  /** The folder whose repository holds the packs. */
  shadow: string;
  /** Ends the lease. A second call does nothing. */
  release(): void;
}

/**
 * A bounded cache of captures on the disk of an API process: a bare repository for each conversation, made from the packs
 * in MongoDB.
 */
export interface CaptureCache {
  /**
   * Makes packs of a conversation readable, and keeps them until the lease is released. Throws CAPACITY_EXCEEDED if this
   * process reads too much at once, UNAVAILABLE if this host cannot, WORKSPACE_CORRUPT if a pack is incomplete or damaged, and
   * the signal's reason if it is aborted.
   */
  open(
    rootSessionId: string,
    packs: readonly PackRef[],
    signal: AbortSignal,
  ): Promise<CaptureLease>;
  /** Removes everything from the disk. */
  close(): Promise<void>;
}

/** Where and how much a cache stores. */
export interface CaptureCacheOptions {
  captures: Pick<CaptureStore, 'read'>;
  /** The directory of CAPTURE_CACHE_DIR. */
  directory: string;
  maxBytes: number;
  /** PATH, in which git is found. */
  path: string;
  /** How long a conversation stays that nobody reads, in milliseconds. Default: 30 minutes. */
  keepMs?: number;
  log: Logger;
}

interface Entry {
  shadow: string;
  /** Ids of the packs that the repository holds. */
  packs: Set<string>;
  bytes: number;
  /** The number of leases, and of requests that wait for one. */
  users: number;
  /** When the last lease began, in milliseconds since 1970. */
  usedAt: number;
}

const GIT_TIMEOUT_MS = 120_000;
// A pack may be large, and the reader of a file slow.
const STREAM_TIMEOUT_MS = 3_600_000;
const KEEP_MS = 1_800_000;
const NEVER = new AbortController().signal;
const SWEEP_FAILED =
  'captures that nobody reads could not be removed from the cache; trying again later';
const MAX_WAITING = 8;
const MAX_USERS = 32;
const RETRY_AFTER_S = 5;
// Without git, a request looks for it again after this time.
const FIND_AGAIN_MS = 30_000;

/** Creates the cache. Nothing is written before the first capture is read. */
export function createCaptureCache({
  captures,
  directory,
  maxBytes,
  path,
  keepMs = KEEP_MS,
  log,
}: CaptureCacheOptions): CaptureCache {
  const folder = openOwnFolder(directory);
  const git = createGit({ path, timeoutMs: GIT_TIMEOUT_MS });
  const streamGit = createGit({ path, timeoutMs: STREAM_TIMEOUT_MS });
  const gitWithObjects = (objects: string) =>
    createGit({ path, timeoutMs: GIT_TIMEOUT_MS, objects });
  const requireGit = createGitCheck(path, log);
  const turns = createTurns(MAX_WAITING);
  // The least recently used comes first.
  const entries = new Map<string, Entry>();
  let users = 0;

  // Nothing may wait between the search for an entry and its use, because an entry without users may be removed.
  function useEntry(own: string, root: string): Entry {
    const shadow = join(own, root);
    const entry = entries.get(root) ?? { shadow, packs: new Set(), bytes: 0, users: 0, usedAt: 0 };
    entries.delete(root);
    entries.set(root, entry);
    entry.users += 1;
    entry.usedAt = Date.now();
    return entry;
  }

  async function remove(root: string, entry: Entry): Promise<void> {
    entries.delete(root);
    await rm(entry.shadow, { recursive: true, force: true });
  }

  async function removeIdle(): Promise<void> {
    for (const [root, entry] of entries) {
      const isIdle = entry.users === 0 && entry.usedAt < Date.now() - keepMs;
      if (isIdle) await remove(root, entry);
    }
  }

  // In turn, so that nothing is fetched into a folder that is removed.
  const sweeping = setInterval(() => {
    turns.run(removeIdle, NEVER).catch((error) => log.warn({ err: error }, SWEEP_FAILED));
  }, keepMs / 4).unref();

  async function makeRoom(needed: number, own: Entry): Promise<void> {
    const isFull = () => needed + sum([...entries.values()].map(({ bytes }) => bytes)) > maxBytes;
    for (const [root, entry] of entries) {
      if (!isFull()) return;
      if (entry === own || entry.users > 0) continue;
      await remove(root, entry);
    }
    if (isFull()) throw noRoom(needed + own.bytes, maxBytes);
  }

  async function fetchMissing(
    entry: Entry,
    packs: readonly PackRef[],
    signal: AbortSignal,
  ): Promise<void> {
    if (!existsSync(repositoryOf(entry.shadow))) {
      entry.packs.clear();
      entry.bytes = 0;
      prepareRepository(entry.shadow);
    }
    const missing = packs.filter(({ id }) => !entry.packs.has(id));
    if (missing.length === 0) return;
    await makeRoom(sum(missing.map(({ bytes }) => bytes)), entry);
    try {
      for (const pack of missing) {
        await fetchPack({ git: streamGit, captures }, entry.shadow, pack, signal);
        entry.packs.add(pack.id);
      }
    } finally {
      entry.bytes = await bytesOnDisk(entry.shadow);
    }
  }

  function startUse(): void {
    if (users >= MAX_USERS) throw tooBusy();
    users += 1;
  }

  return {
    async open(root, packs, signal) {
      startUse();
      let entry: Entry | null = null;
      const release = once(() => {
        users -= 1;
        if (entry) entry.users -= 1;
      });
      try {
        await requireGit();
        const used = useEntry(await folder.path(), root);
        entry = used;
        // Somebody may have cleaned the folder for temporary files.
        const isComplete =
          existsSync(repositoryOf(used.shadow)) && packs.every(({ id }) => used.packs.has(id));
        if (!isComplete) await turns.run(() => fetchMissing(used, packs, signal), signal);
        return { git, streamGit, gitWithObjects, shadow: used.shadow, release };
      } catch (error) {
        release();
        throw toCaptureProblem(error);
      }
    },
    async close() {
      clearInterval(sweeping);
      await folder.close();
    },
  };
}

// Returns a check that throws UNAVAILABLE if there is no git, and logs that once.
function createGitCheck(path: string, log: Logger): () => Promise<void> {
  let search: { found: Promise<boolean>; until: number } | null = null;
  let isLogged = false;
  return async () => {
    if (search === null || search.until < Date.now()) {
      const found = findGit(path).then((version) => version !== null);
      search = { found, until: Date.now() + FIND_AGAIN_MS };
    }
    if (await search.found) {
      search.until = Number.POSITIVE_INFINITY;
      return;
    }
    if (!isLogged) log.error('found no git in PATH: this process cannot serve captured files');
    isLogged = true;
    throw new AppError(
      'UNAVAILABLE',
      'this API process cannot read captured files, because no git is installed on its machine',
      { details: { reason: 'no_git', retry_after_s: FIND_AGAIN_MS / 1000 } },
    );
  };
}

async function bytesOnDisk(shadow: string): Promise<number> {
  const files = await packFiles(shadow).catch(() => []);
  const sizes = files.map((file) =>
    stat(file).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return sum(await Promise.all(sizes));
}

function noRoom(needed: number, maxBytes: number): AppError {
  const message =
    needed > maxBytes
      ? `the captured files of this conversation need ${needed} bytes, and CAPTURE_CACHE_BYTES of the API is ${maxBytes}`
      : 'the cache of captured files is full of captures that are being read; try again later';
  return new AppError('CAPACITY_EXCEEDED', message, { details: { retry_after_s: RETRY_AFTER_S } });
}

function tooBusy(): AppError {
  return new AppError(
    'CAPACITY_EXCEEDED',
    `this API process already serves captured files to ${MAX_USERS} requests; try again later`,
    { details: { retry_after_s: RETRY_AFTER_S } },
  );
}

function once(run: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) run();
    isDone = true;
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
