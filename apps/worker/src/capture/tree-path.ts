import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { TreePath } from '@baton/core/captures';

const NOT_ASCII = /[\x80-\xff]/;

// Linux allows 4,095 bytes. A branch of the conversation has a longer root (`<root id>.<session id>`).
const PATH_MAX_BYTES = 4095 - 64;

/** Returns the bytes of a text as a latin1 string. */
export function toBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Returns the argument for a function of node:fs. It is a string if possible, because a string is cheaper. */
export function toFsPath(bytes: string): string | Buffer {
  return NOT_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1') : bytes;
}

/** Returns the absolute path of a thing in the workspace, as a latin1 string of bytes. */
export function toAbsolute(rootBytes: string, path: TreePath): string {
  return path === '' ? rootBytes : `${rootBytes}/${path}`;
}

/**
 * Returns the real path of a workspace as a latin1 string of bytes. The last part of the path is taken as it is, so
 * that nobody can replace the workspace by a link.
 */
export function realRoot(root: string): string {
  return toBytes(join(realpathSync.native(dirname(root)), basename(root)));
}

/** Returns whether an absolute path leaves no room for a longer root on another host. */
export function isTooLong(absolute: string): boolean {
  return absolute.length > PATH_MAX_BYTES;
}

/** Returns whether a path exists and holds no symlinks. */
export function isRealPath(absolute: string): boolean {
  try {
    return realpathSync.native(toFsPath(absolute) as string, { encoding: 'latin1' }) === absolute;
  } catch {
    return false;
  }
}
