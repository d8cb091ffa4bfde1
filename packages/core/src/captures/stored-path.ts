import type { TreePath } from './tree-entry.ts';

// git refuses `.git` as a name in a tree, and newer versions refuse a symlink named `.gitmodules`.
const ESCAPED = /^%*\.git(?:modules)?$/i;

const TREE = 'tree/';

/** Where the manifest stands in the tree of a capture. */
export const MANIFEST_PATH = 'manifest.json';

/** Returns where an entry of a workspace stands in the tree of a capture. */
export function toStoredPath(path: TreePath): string {
  return TREE + path.split('/').map(escapeName).join('/');
}

/**
 * Returns the path in the workspace for a path in the tree of a capture. Returns null if the path
 * does not stand below `tree/`, or leads out of the workspace.
 */
export function fromStoredPath(stored: string): TreePath | null {
  if (!stored.startsWith(TREE)) return null;
  const names = stored.slice(TREE.length).split('/');
  if (!names.every(isSafeName)) return null;
  return names.map(unescapeName).join('/');
}

/** Returns true if every name of this relative path is a real name: not empty, `.` or `..`. */
export function isSafePath(path: TreePath): boolean {
  return path.split('/').every(isSafeName);
}

/** Quotes a path (latin1) for `git fast-import`: the result holds only printable ASCII. */
export function quotePath(path: string): string {
  const quoted = path.replace(/[^ !#-[\]-~]/g, (char) => {
    const octal = char.charCodeAt(0).toString(8).padStart(3, '0');
    return `\\${octal}`;
  });
  return `"${quoted}"`;
}

function escapeName(name: string): string {
  return ESCAPED.test(name) ? `%${name}` : name;
}

function unescapeName(name: string): string {
  return name.startsWith('%') && ESCAPED.test(name) ? name.slice(1) : name;
}

function isSafeName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !name.includes('\0');
}
