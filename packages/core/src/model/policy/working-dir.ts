import { posix } from 'node:path';

/**
 * Says whether an absolute path is one of `roots` or lies below one, `../..` resolved by the letter. It
 * does not look at the disk: who runs there resolves symbolic links first and asks again.
 */
export function isInsideRoots(path: string, roots: readonly string[]): boolean {
  if (!posix.isAbsolute(path)) return false;
  const resolved = posix.resolve(path);
  return roots.some((root) => {
    const base = posix.resolve(root);
    return resolved === base || resolved.startsWith(base === '/' ? base : `${base}/`);
  });
}
