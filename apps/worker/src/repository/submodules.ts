// Reads the submodules of a commit.
import { AppError, defined } from '@baton/core/internal';
import { buildGitEnv } from './git-env.ts';
import type { GitSettings } from './git-settings.ts';
import { GitFailedError, runGit } from './run-git.ts';

/** A submodule of a commit. */
export interface Submodule {
  name: string;
  /** Where it lies in its repository. */
  path: string;
  /** Its URL, absolute. It is not checked yet. */
  url: string;
  /** The commit that the repository names. */
  commit: string;
}

const FIELD = 'workspace.submodules';
const SETTING = /^submodule\.(.+)\.(path|url)\n(.*)$/s;
const GITLINK = /^160000 commit ([0-9a-f]{40})\t(.+)$/s;
const UNSAFE = /[\p{Cc}"\\]|(?:^|\/)\.\.?(?:\/|$)|^-|^\//u;

/** Returns the submodules of a commit. Throws REPOSITORY_NOT_ALLOWED for names, paths and URLs that Baton does not use. */
export async function readSubmodules(
  gitDir: string,
  commit: string,
  parentUrl: string,
  { git, signal }: { git: GitSettings; signal?: AbortSignal | undefined },
): Promise<Submodule[]> {
  const run = (...args: readonly string[]) =>
    runGit(args, { gitDir, env: buildGitEnv(git, 'none'), timeoutMs: git.timeoutMs, signal });
  const tree = await run('ls-tree', '-r', '-z', commit);
  const commits = parseGitlinks(tree.stdout);
  if (commits.size === 0) return [];
  const listing = await run(
    'config',
    '--no-includes',
    `--blob=${commit}:.gitmodules`,
    '-z',
    '--list',
  ).catch((error: unknown) => {
    // Gitlinks without `.gitmodules` have no URL: git leaves their directories empty, too.
    if (error instanceof GitFailedError) return { stdout: '' };
    throw error;
  });
  return parseSubmodules(listing.stdout, commits, parentUrl);
}

function parseGitlinks(listing: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of listing.split('\0')) {
    const [, commit, path] = GITLINK.exec(entry) ?? [];
    if (commit !== undefined && path !== undefined) found.set(path, commit);
  }
  return found;
}

/** Returns the submodules that `.gitmodules` describes and the commit has. */
export function parseSubmodules(
  listing: string,
  commits: ReadonlyMap<string, string>,
  parentUrl: string,
): Submodule[] {
  const settings = new Map<string, { path?: string; url?: string }>();
  for (const entry of listing.split('\0')) {
    const [, name, key, value] = SETTING.exec(entry) ?? [];
    if (name === undefined || key === undefined) continue;
    settings.set(name, { ...settings.get(name), ...defined({ [key]: value }) });
  }
  return [...settings].flatMap(([name, { path, url }]) => {
    const commit = path === undefined ? undefined : commits.get(path);
    if (path === undefined || url === undefined || commit === undefined) return [];
    if (UNSAFE.test(name) || UNSAFE.test(path)) throw refuse('a submodule with a safe name');
    return [{ name, path, url: resolveSubmoduleUrl(url, parentUrl), commit }];
  });
}

/** Returns the absolute URL of a submodule. A URL that begins with `./` or `../` is relative to its parent's. */
export function resolveSubmoduleUrl(url: string, parentUrl: string): string {
  if (!/^\.\.?\//.test(url)) return url;
  // `git@host:path` keeps its colon.
  const [, origin = '', path = ''] =
    /^([a-z]+:\/\/[^/]+\/)(.*)$/i.exec(parentUrl) ?? /^([^/:]+:)(.*)$/.exec(parentUrl) ?? [];
  const parts = path.replace(/\/$/, '').split('/');
  for (const part of url.split('/')) {
    if (part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) throw refuse('a submodule on the host of its repository');
  }
  return origin + parts.join('/');
}

function refuse(expected: string): AppError {
  return new AppError('REPOSITORY_NOT_ALLOWED', `${FIELD}: expected ${expected}, found another`, {
    details: { field: FIELD },
  });
}
