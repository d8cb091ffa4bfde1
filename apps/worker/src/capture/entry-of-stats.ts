import type { Stats } from 'node:fs';
import type { EntryKind, TreeEntry } from '@baton/core/captures';

const PERMISSION_BITS = 0o7777;

/** Returns the kind of a thing in a workspace. Returns null if it is a socket, a fifo or a device. */
export function kindOf(stats: Stats): EntryKind | null {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : null;
}

/** Returns the entry of a thing in a workspace. */
export function toEntry(stats: Stats, kind: EntryKind): TreeEntry {
  return {
    kind,
    mode: stats.mode & PERMISSION_BITS,
    size: stats.size,
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
    ino: stats.ino,
    dev: stats.dev,
  };
}

/** Returns whether two entries are the same: kind, mode, size, times and inode. */
export function isSameEntry(a: TreeEntry, b: TreeEntry): boolean {
  return (
    a.kind === b.kind &&
    a.mode === b.mode &&
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs &&
    a.ino === b.ino &&
    a.dev === b.dev &&
    a.isGitConfig === b.isGitConfig
  );
}
