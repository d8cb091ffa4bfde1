// Reads the trees that a commit of a session's work is made from.
import {
  fromStoredPath,
  MANIFEST_PATH,
  type Manifest,
  parseManifest,
  type TreePath,
} from '@baton/core/captures';
import type { LocalGit } from './local-git.ts';
import { type FileEntry, isInGitDirectory } from './work-tree.ts';

const LINE = /^([0-7]{6}) (?:blob|commit) ([0-9a-f]{40})\t([\s\S]+)$/;
const GITIGNORE = /(?:^|\/)\.gitignore$/;

/** The most ignore files that are read. More than this no repository has. */
const MAX_GITIGNORES = 10_000;

/** What the last capture holds of the files of a repository. */
export interface CapturedWork {
  /** Files and symlinks, without git directories. */
  entries: Map<TreePath, FileEntry>;
  leftOut: Manifest['leftOut'];
}

/** Reads the files of a commit of the repository. */
export async function readTree(git: LocalGit, commit: string): Promise<Map<TreePath, FileEntry>> {
  const entries = await listTree(git, commit);
  return new Map(entries.map(({ path, ...entry }) => [path, entry]));
}

/** Reads the files of a capture. */
export async function readCapture(git: LocalGit, commit: string): Promise<CapturedWork> {
  const entries = new Map<TreePath, FileEntry>();
  for (const { path: stored, ...entry } of await listTree(git, commit)) {
    const path = fromStoredPath(stored);
    if (path !== null && !isInGitDirectory(path)) entries.set(path, entry);
  }
  const manifest = await git.run(['cat-file', 'blob', `${commit}:${MANIFEST_PATH}`]);
  return { entries, leftOut: parseManifest(manifest.toString()).leftOut };
}

/** Reads the ignore files among these files, by their directories. */
export async function readGitignores(
  git: LocalGit,
  entries: ReadonlyMap<TreePath, FileEntry>,
): Promise<Map<TreePath, string>> {
  const found = new Map<TreePath, string>();
  const files = [...entries].filter(
    ([path, { mode }]) => GITIGNORE.test(path) && mode.startsWith('100'),
  );
  for (const [path, { oid }] of files.slice(0, MAX_GITIGNORES)) {
    const content = await git.run(['cat-file', 'blob', oid]);
    const directory = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    found.set(directory, content.toString('latin1'));
  }
  return found;
}

async function listTree(
  git: LocalGit,
  commit: string,
): Promise<(FileEntry & { path: TreePath })[]> {
  const output = await git.run(['ls-tree', '-r', '-z', '--full-tree', commit]);
  return output
    .toString('latin1')
    .split('\0')
    .flatMap((line) => {
      const [, mode, oid, path] = LINE.exec(line) ?? [];
      return mode && oid && path ? [{ mode, oid, path }] : [];
    });
}
