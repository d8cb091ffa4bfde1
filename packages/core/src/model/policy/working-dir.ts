import { posix } from 'node:path';

/**
 * Returns whether an absolute path is one of `roots` or lies below a root. The function resolves `..` in the text only
 * and does not look at the disk. The worker resolves symbolic links before it runs a session, and checks again.
 */
export function isInsideRoots(path: string, roots: readonly string[]): boolean {
  if (!posix.isAbsolute(path)) return false;
  const resolved = posix.resolve(path);
  return roots.some((root) => {
    const base = posix.resolve(root);
    return resolved === base || resolved.startsWith(base === '/' ? base : `${base}/`);
  });
}
