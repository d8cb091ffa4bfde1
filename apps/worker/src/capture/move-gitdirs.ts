import type { TreePath } from '@baton/core/captures';

// A linked worktree and a submodule name each other's git directory by absolute paths: in the file
// `.git` of the worktree, and in the file `gitdir` of the repository.
const GIT_FILE = /(?:^|\/)\.git$/;
const WORKTREE_FILE = /(?:^|\/)worktrees\/[^/]+\/gitdir$/;

const GIT_FILE_PREFIX = 'gitdir: ';
const MAX_BYTES = 8 * 1024;

/** Returns whether a captured file may name a git directory by its absolute path. */
export function mayNameGitDir(path: TreePath, size: number): boolean {
  return size <= MAX_BYTES && (GIT_FILE.test(path) || WORKTREE_FILE.test(path));
}

/**
 * Returns the content of such a file after its workspace has moved from one absolute path to
 * another. A path outside the workspace stays as it is.
 */
export function moveGitDir(content: Buffer, from: string, to: string): Buffer {
  const text = content.toString('latin1');
  const prefix = text.startsWith(GIT_FILE_PREFIX) ? GIT_FILE_PREFIX : '';
  const path = text.slice(prefix.length);
  const [old, next] = [from, to].map((root) => Buffer.from(root).toString('latin1'));
  if (old === undefined || !path.startsWith(`${old}/`)) return content;
  return Buffer.from(`${prefix}${next}${path.slice(old.length)}`, 'latin1');
}
