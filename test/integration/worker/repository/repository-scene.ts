// Clones repositories of a git server on loopback, as a worker does for a session.
import { lstat, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRange, type RepositoryConfig, type RepositoryPolicy } from '@baton/core/internal';
import { execa } from 'execa';
import {
  type CloneDeps,
  type ClonedBase,
  type CloneRequest,
  cloneRepository,
} from '../../../../apps/worker/src/repository/clone-repository.ts';
import { type GitServer, startGitServer } from '../../../support/git-server/git-server.ts';
import { testGitEnv } from '../../../support/git-server/repositories.ts';

/** A git server, and a host that clones from it. */
export interface RepositoryScene {
  server: GitServer;
  deps: CloneDeps;
  /** Makes a new empty folder. */
  folder(): Promise<string>;
  /** Clones a repository into a new directory. */
  clone(
    repository: Omit<RepositoryConfig, 'type'>,
    request?: Partial<CloneRequest>,
    deps?: Partial<CloneDeps>,
  ): Promise<{ base: ClonedBase; target: string }>;
  close(): Promise<void>;
}

/** What lets git reach the server on loopback. */
export const LOOPBACK_POLICY: RepositoryPolicy = {
  gitUrls: 'any',
  gitAddresses: ['127.0.0.0/8', '::1'].map(parseRange).filter((range) => range !== null),
};

/** Opens the scene. Call `close` at the end. */
export async function openRepositoryScene(): Promise<RepositoryScene> {
  const server = await startGitServer();
  const root = await mkdtemp(join(tmpdir(), 'baton-clone-'));
  const deps: CloneDeps = {
    workRoot: join(root, 'work'),
    policy: LOOPBACK_POLICY,
    operatorCredentials: {},
    git: {
      path: process.env['PATH'] ?? '/usr/bin:/bin',
      marker: '',
      caFile: server.caFile,
      timeoutMs: 60_000,
    },
    bounds: { maxBytes: 10_000_000, maxFiles: 1000 },
    lookup: async () => ['127.0.0.1'],
  };
  await mkdir(deps.workRoot);
  const folder = () => mkdtemp(join(root, 'folder-'));
  return {
    server,
    deps,
    folder,
    async clone(repository, request = {}, changes = {}) {
      const target = request.target ?? join(await folder(), 'clone');
      const base = await cloneRepository(
        { ...deps, ...changes },
        { repository, target, dirs: { files: await folder() }, ...request },
      );
      return { base, target };
    },
    async close() {
      await server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Runs git in a directory, as a user does, and returns its standard output without the last line end. */
export async function gitIn(cwd: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execa('git', args, { cwd, env: testGitEnv, extendEnv: false });
  return stdout;
}

/** Returns the paths of all files below a folder that hold a text, in their bytes or in their names. */
export async function findText(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const stats = await lstat(path);
    if (name.includes(text)) found.push(path);
    if (stats.isDirectory()) found.push(...(await findText(path, text)));
    else if (stats.isFile() && (await readFile(path, 'latin1')).includes(text)) found.push(path);
  }
  return found;
}
