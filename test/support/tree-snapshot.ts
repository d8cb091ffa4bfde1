// What is in a directory, for comparisons.
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Each entry below a directory, by its path: its mode, and its content or the target of a link. */
export type TreeSnapshot = Record<string, string>;

/**
 * Reads everything below a directory, without following links. `skip` returns whether an entry is left out, with
 * everything below it. Contents stand as latin1 text, so equal snapshots mean equal bytes.
 */
export async function snapshotTree(
  root: string,
  skip: (path: string) => boolean = () => false,
): Promise<TreeSnapshot> {
  const found: TreeSnapshot = {};
  async function visit(folder: string): Promise<void> {
    for (const name of (await readdir(join(root, folder))).sort()) {
      const path = join(folder, name);
      if (skip(path)) continue;
      const file = join(root, path);
      const stats = await lstat(file);
      const mode = (stats.mode & 0o7777).toString(8);
      if (stats.isSymbolicLink()) found[path] = `link to ${await readlink(file)}`;
      else if (stats.isFile()) found[path] = `${mode} ${await readFile(file, 'latin1')}`;
      else found[path] = stats.isDirectory() ? `${mode} directory` : `${mode} special file`;
      if (stats.isDirectory()) await visit(path);
    }
  }
  await visit('');
  return found;
}
