import type { CaptureLease } from './capture-cache.ts';
import { type FileChange, parseChanges } from './parse-changes.ts';

/** The tree without entries. git knows it without having it. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

// More candidates than this, and only files with the same content count as renamed.
const RENAME_LIMIT = 400;

/** The options that keep git from running anything, whatever files and configurations say. */
export const PLAIN = ['--no-ext-diff', '--no-textconv', '--no-color', '--no-relative'] as const;

// Git directories, as they are named in a capture.
const NO_GIT = [':(exclude,glob)**/%.git', ':(exclude,glob)**/%.git/**'];

/** Resolves to the tree of files of a commit. It is the empty tree for null, and for a capture without any file. */
export async function filesOf(
  { git, shadow }: Pick<CaptureLease, 'git' | 'shadow'>,
  commit: string | null,
): Promise<string> {
  if (commit === null) return EMPTY_TREE;
  const output = await git.run(shadow, ['ls-tree', '-z', '--full-tree', commit, 'tree']);
  return / tree ([0-9a-f]{40})\t/.exec(output.toString('latin1'))?.[1] ?? EMPTY_TREE;
}

/** Lists the changes between two trees of files, without git directories. */
export async function listChanges(
  { git, shadow }: Pick<CaptureLease, 'git' | 'shadow'>,
  before: string,
  after: string,
): Promise<FileChange[]> {
  const output = await git.run(shadow, [
    'diff-tree',
    ...PLAIN,
    '-r',
    '-z',
    '--raw',
    '--numstat',
    '-M',
    `-l${RENAME_LIMIT}`,
    before,
    after,
    '--',
    '.',
    ...NO_GIT,
  ]);
  return parseChanges(output.toString('latin1'));
}
