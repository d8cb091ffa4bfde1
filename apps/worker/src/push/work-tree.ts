// Decides what the commit of a session's work holds, from what the base and the last capture hold. Paths are bytes (latin1).
import type { LeftOutReason, TreePath } from '@baton/core/captures';

/** A file, a symlink or a submodule in a tree. */
export interface FileEntry {
  mode: string;
  oid: string;
}

const SUBMODULE = '160000';
const SYMLINK = '120000';

/** What the commit is decided from. */
export interface WorkFacts {
  /** What the base commit holds. */
  base: ReadonlyMap<TreePath, FileEntry>;
  /** What the last capture holds, without git directories. */
  captured: ReadonlyMap<TreePath, FileEntry>;
  /** What the capture left out; a directory stands for everything in it. */
  leftOut: ReadonlyMap<TreePath, LeftOutReason>;
  /** Returns whether git would ignore a file that the base does not hold. */
  isIgnored(path: TreePath): boolean;
}

/** What the commit holds. */
export interface WorkTree {
  entries: Map<TreePath, FileEntry>;
  /**
   * The files whose bytes differ from the base's object. Git's attributes decide whether a difference is a change, and
   * how the changed bytes are stored.
   */
  differing: TreePath[];
}

/**
 * Merges the captured files with the base. What the capture left out, and submodules, stay as the base has them. Files
 * that are new and ignored are left out.
 */
export function mergeWork({ base, captured, leftOut, isIgnored }: WorkFacts): WorkTree {
  const submodules = [...base].flatMap(([path, { mode }]) => (mode === SUBMODULE ? [path] : []));
  const isInSubmodule = createIsBelow(new Set(submodules));
  const isLeftOut = createIsBelow(leftOut);
  const entries = new Map<TreePath, FileEntry>();
  const differing: TreePath[] = [];
  for (const [path, entry] of base) {
    const isKept = entry.mode === SUBMODULE || (!captured.has(path) && isLeftOut(path));
    if (isKept) entries.set(path, entry);
  }
  const kept = createIsBelow(new Set(entries.keys()));
  for (const [path, entry] of captured) {
    const before = base.get(path);
    if (isInSubmodule(path) || kept(path) || !isStorable(path, entry)) continue;
    if (before === undefined && isIgnored(path)) continue;
    entries.set(path, entry);
    if (entry.mode !== SYMLINK && before?.oid !== entry.oid) differing.push(path);
  }
  return { entries: withoutClashes(entries), differing };
}

/** Returns whether a path has the name of a git directory in it. */
export function isInGitDirectory(path: TreePath): boolean {
  return path.split('/').some((name) => name.toLowerCase() === '.git');
}

/** Returns whether two trees hold the same. */
export function isSameTree(
  a: ReadonlyMap<TreePath, FileEntry>,
  b: ReadonlyMap<TreePath, FileEntry>,
): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([path, { mode, oid }]) => {
    const other = b.get(path);
    return other !== undefined && other.mode === mode && other.oid === oid;
  });
}

// Git refuses these in a tree, so that a clone cannot be made to write where it must not.
function isStorable(path: TreePath, { mode }: FileEntry): boolean {
  if (isInGitDirectory(path)) return false;
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return mode !== SYMLINK || name !== '.gitmodules';
}

// What the capture left out may be a directory now, or a file where the base has a directory.
function withoutClashes(entries: Map<TreePath, FileEntry>): Map<TreePath, FileEntry> {
  const isBelow = createIsBelow(entries, { orAt: false });
  return new Map([...entries].filter(([path]) => !isBelow(path)));
}

/** Returns a check whether a path, or a directory that it lies in, is one of these. */
function createIsBelow(
  paths: { has(path: TreePath): boolean },
  { orAt = true }: { orAt?: boolean } = {},
): (path: TreePath) => boolean {
  return (path) => {
    if (orAt && paths.has(path)) return true;
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (paths.has(path.slice(0, end))) return true;
    }
    return false;
  };
}
