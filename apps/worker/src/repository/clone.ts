// Makes the private clone of a session from a mirror on the same host. The clone shares no file with the mirror.
import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CaptureFailedError } from '@baton/core/captures';
import { AppError } from '@baton/core/internal';
import { buildGitEnv } from './git-env.ts';
import type { GitSettings } from './git-settings.ts';
import { tooLarge } from './mirror.ts';
import type { RepositoryStart } from './resolve-ref.ts';
import { GitFailedError, runGit } from './run-git.ts';

const CORE = '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n';

// The checkout of a clone is no step of its user.
const CONFIG = `${CORE}\tlogallrefupdates = false\n`;

const PACKED_REFS = '# pack-refs with: peeled fully-peeled sorted \n';

/** What a clone is made of. */
export interface CloneOptions {
  /** The bare repository that holds the commit. */
  mirror: string;
  /** The new directory: it is absent, or an empty directory. */
  target: string;
  commit: string;
  /** How many commits of history the clone gets; 0 means all. */
  depth: number;
  git: GitSettings;
  signal?: AbortSignal | undefined;
}

/** How much a checkout may write. */
export interface CheckoutBounds {
  maxBytes: number;
  maxFiles: number;
}

/** Copies the objects of a commit from the mirror into a new repository at `target`. Nothing is checked out yet. */
export async function fetchClone(options: CloneOptions): Promise<void> {
  const { mirror, target, commit, depth } = options;
  await makeRepository(join(target, '.git'));
  await runIn(options, 'file', [
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-auto-maintenance',
    '--update-shallow',
    ...(depth === 0 ? [] : [`--depth=${depth}`]),
    '--end-of-options',
    `file://${encodeURI(mirror).replaceAll('?', '%3F').replaceAll('#', '%23')}`,
    commit,
  ]);
}

/**
 * Checks out the commit of a clone, with a detached HEAD. Nothing of the repository runs: no hook, no filter, no monitor.
 * Returns what the bounds leave for submodules. Throws REPOSITORY_NOT_ALLOWED if git refuses to write one of its paths,
 * and WORKSPACE_TOO_LARGE.
 */
export async function checkOut(
  options: Pick<CloneOptions, 'target' | 'commit' | 'git' | 'signal'>,
  bounds: CheckoutBounds,
): Promise<CheckoutBounds> {
  const { target, commit } = options;
  const run = (...args: readonly string[]) => runIn(options, 'none', args);
  const left = await checkSize(run, commit, bounds);
  try {
    await run('checkout', '--quiet', '--no-guess', '--detach', commit, '--');
  } catch (error) {
    throw toCheckoutError(error);
  }
  await checkGitDirectory(target);
  return left;
}

function runIn(
  { target, git, signal }: Pick<CloneOptions, 'target' | 'git' | 'signal'>,
  protocol: 'file' | 'none',
  args: readonly string[],
) {
  return runGit(args, {
    gitDir: join(target, '.git'),
    cwd: target,
    env: buildGitEnv(git, protocol),
    timeoutMs: git.timeoutMs,
    signal,
  });
}

/** Gives a clone its origin, and the branch or the tag that it begins from. Nothing else runs in the clone at this time. */
export async function nameStart(
  target: string,
  url: string,
  start: RepositoryStart,
): Promise<void> {
  const gitDir = join(target, '.git');
  const refs = refsOf(start).map((ref) => `${start.commit} ${ref}\n`);
  await writeFile(join(gitDir, 'config'), configOf(url, start));
  if (refs.length > 0) await writeFile(join(gitDir, 'packed-refs'), PACKED_REFS + refs.join(''));
  if (start.kind === 'branch') {
    await writeFile(join(gitDir, 'HEAD'), `ref: refs/heads/${start.ref}\n`);
  }
}

// What `git init` makes, without a process.
async function makeRepository(gitDir: string): Promise<void> {
  await mkdir(join(gitDir, '..'), { recursive: true });
  await mkdir(gitDir);
  for (const name of ['info', 'objects', 'objects/pack', 'objects/info', 'refs', 'refs/heads']) {
    await mkdir(join(gitDir, name));
  }
  await writeFile(join(gitDir, 'config'), CONFIG);
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/main\n');
}

/** Reads the sizes of a commit's files from its trees. Returns what the bounds leave for submodules. */
async function checkSize(
  run: (...args: readonly string[]) => Promise<{ stdout: string }>,
  commit: string,
  { maxBytes, maxFiles }: CheckoutBounds,
): Promise<CheckoutBounds> {
  const { stdout } = await run('ls-tree', '-r', '-z', '--format=%(objectsize)', commit);
  let [bytes, files] = [0, 0];
  for (const size of stdout.split('\0')) {
    if (size === '') continue;
    files += 1;
    bytes += Number.parseInt(size, 10) || 0;
  }
  if (bytes > maxBytes) throw tooLarge(maxBytes);
  if (files > maxFiles) {
    throw new AppError(
      'WORKSPACE_TOO_LARGE',
      `workspace: expected a repository of at most ${maxFiles} files, found more; ask the operator to raise WORKSPACE_MAX_FILES`,
      { details: { field: 'workspace' } },
    );
  }
  return { maxBytes: maxBytes - bytes, maxFiles: maxFiles - files };
}

function toCheckoutError(error: unknown): unknown {
  if (!(error instanceof GitFailedError)) return error;
  if (error.isTimeout) return new CaptureFailedError('the checkout of a repository took too long');
  const said = /(?:error|fatal): .*/.exec(error.stderr)?.[0].slice(0, 300) ?? 'git refused it';
  return new AppError(
    'REPOSITORY_NOT_ALLOWED',
    `workspace.url: the repository cannot be checked out (${said.replaceAll(/\p{Cc}/gu, ' ')})`,
    { details: { field: 'workspace.url' } },
  );
}

// Git itself refuses to write into `.git`. If a file system has another idea of equal names, this finds it.
async function checkGitDirectory(target: string): Promise<void> {
  const found = await lstat(join(target, '.git'));
  const head = await readFile(join(target, '.git/config'), 'utf8');
  if (found.isDirectory() && head === CONFIG) return;
  throw new CaptureFailedError('the checkout of a repository changed its .git directory');
}

/** Returns the refs of a clone, sorted. */
function refsOf({ kind, ref }: RepositoryStart): string[] {
  if (kind === 'branch') return [`refs/heads/${ref}`, `refs/remotes/origin/${ref}`];
  return kind === 'tag' ? [`refs/tags/${ref}`] : [];
}

function configOf(url: string, { kind, ref }: RepositoryStart): string {
  const lines = [`${CORE}\tlogallrefupdates = true`, '[remote "origin"]', `\turl = ${quote(url)}`];
  if (kind === 'branch') {
    lines.push(
      `\tfetch = ${quote(`+refs/heads/${ref}:refs/remotes/origin/${ref}`)}`,
      `[branch ${quote(ref)}]`,
      '\tremote = origin',
      `\tmerge = ${quote(`refs/heads/${ref}`)}`,
    );
  } else {
    lines.push('\tfetch = +refs/heads/*:refs/remotes/origin/*');
  }
  return `${lines.join('\n')}\n`;
}

/** Quotes a value or a subsection of a configuration file. */
export function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
