import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { TreePath } from '@baton/core/captures';
import { judgeFileError } from './file-error.ts';
import { createIgnoreRules, type IgnoreRules } from './ignore-rules.ts';
import type { TrackedPathsReader } from './tracked-paths.ts';
import { toAbsolute, toFsPath } from './tree-path.ts';

/** A repository in the workspace. */
export interface Repository {
  /** Returns whether git tracks a file of the repository. Without a reader, git tracks nothing. */
  tracks(path: TreePath, read: TrackedPathsReader | undefined): boolean;
  /** Returns whether git tracks a file in a directory. Without a reader, git tracks nothing. */
  tracksIn(directory: TreePath, read: TrackedPathsReader | undefined): boolean;
}

/** The rules of a directory, and the repository that they belong to. */
export interface RepositoryRules {
  rules: IgnoreRules;
  repository: Repository | null;
}

const MAX_RULES_BYTES = 1_048_576;

const GIT_FILE = /^gitdir: ([^\n\r]+)\s*$/;

/**
 * Returns the rules of a directory that is entered. If the directory is the top of a repository, the rules above it do not
 * apply.
 *
 * @param root The real path of the workspace, as bytes.
 * @param names The names in the directory.
 * @param above The rules of the directory above. Null for the workspace itself.
 */
export function readRules(
  root: string,
  path: TreePath,
  names: readonly string[],
  above: RepositoryRules | null,
): RepositoryRules {
  const absolute = toAbsolute(root, path);
  const gitignore = names.includes('.gitignore') ? readRulesFile(`${absolute}/.gitignore`) : null;
  const base = path === '' ? '' : `${path}/`;
  const gitDir = names.includes('.git') ? findGitDir(root, path) : null;
  if (gitDir === null) {
    const rules = above?.rules.enter(path, gitignore) ?? createIgnoreRules(base, null, gitignore);
    return { rules, repository: above?.repository ?? null };
  }
  const exclude = gitDir === 'outside' ? null : readExclude(gitDir);
  return {
    rules: createIgnoreRules(base, exclude, gitignore),
    repository: gitDir === 'outside' ? null : createRepository(base, gitDir),
  };
}

function createRepository(base: TreePath, gitDir: string): Repository {
  let known: { paths: ReadonlySet<TreePath>; directories: ReadonlySet<TreePath> } | undefined;

  function readOnce(read: TrackedPathsReader | undefined) {
    if (known) return known;
    const asText = Buffer.from(gitDir, 'latin1').toString();
    const isText = Buffer.from(asText).toString('latin1') === gitDir;
    const paths = (isText ? read?.(asText) : null) ?? new Set<TreePath>();
    const directories = new Set<TreePath>();
    for (const path of paths) {
      let end = path.lastIndexOf('/');
      while (end > 0 && !directories.has(path.slice(0, end))) {
        directories.add(path.slice(0, end));
        end = path.lastIndexOf('/', end - 1);
      }
    }
    known = { paths, directories };
    return known;
  }

  return {
    tracks: (path, read) => readOnce(read).paths.has(path.slice(base.length)),
    tracksIn: (directory, read) => readOnce(read).directories.has(directory.slice(base.length)),
  };
}

// Returns the absolute path of the git directory; `outside` if it is not in the workspace; null if there is none.
function findGitDir(root: string, path: TreePath): string | 'outside' | null {
  const dotGit = `${toAbsolute(root, path)}/.git`;
  const stats = lstatSync(toFsPath(dotGit), { throwIfNoEntry: false });
  if (stats?.isDirectory()) return exists(`${dotGit}/HEAD`) ? dotGit : null;
  if (stats?.isSymbolicLink()) return 'outside';
  const target = GIT_FILE.exec(readRulesFile(dotGit) ?? '')?.[1];
  if (target === undefined) return null;
  const gitDir = posix.resolve(toAbsolute(root, path), target);
  return gitDir.startsWith(`${root}/`) && exists(`${gitDir}/HEAD`) ? gitDir : 'outside';
}

// A worktree has no rules of its own: those of its repository apply.
function readExclude(gitDir: string): string | null {
  const common = readRulesFile(`${gitDir}/commondir`)?.trim();
  const folder = common === undefined ? gitDir : posix.resolve(gitDir, common);
  return readRulesFile(`${folder}/info/exclude`);
}

function exists(absolute: string): boolean {
  return lstatSync(toFsPath(absolute), { throwIfNoEntry: false }) !== undefined;
}

// Like git, this follows no symlink. A file that cannot be read, or that is larger than 1 MiB, has no rules.
function readRulesFile(absolute: string): string | null {
  let file: number | null = null;
  try {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    file = openSync(toFsPath(absolute), flags);
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > MAX_RULES_BYTES) return null;
    return readFileSync(file, 'latin1');
  } catch (error) {
    judgeFileError(error);
    return null;
  } finally {
    if (file !== null) closeSync(file);
  }
}
