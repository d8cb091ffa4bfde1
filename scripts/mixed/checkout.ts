// Checks out an older commit of this repository in its own folder, with its dependencies.
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

const ROOT = join(import.meta.dirname, '../..');
const LOCK = 'package-lock.json';

/** A checked-out commit. */
export interface Checkout {
  /** The commit's short hash. */
  commit: string;
  folder: string;
  /** Removes the folder and its entry in git's list of worktrees. */
  remove(): Promise<void>;
}

/**
 * Checks out a commit into `folder`, which must not exist, and installs its dependencies. Throws if
 * git or npm fails.
 */
export async function checkOut(
  revision: string,
  folder: string,
  log: (line: string) => void,
): Promise<Checkout> {
  const git = execa({ cwd: ROOT });
  const { stdout: commit } = await git`git rev-parse --short --verify ${`${revision}^{commit}`}`;
  await git`git worktree add --detach ${folder} ${commit}`;
  const remove = async () => {
    await git`git worktree remove --force ${folder}`;
  };
  try {
    await install(folder, log);
  } catch (error) {
    await remove();
    throw error;
  }
  return { commit, folder, remove };
}

async function install(folder: string, log: (line: string) => void): Promise<void> {
  const [ours, theirs] = await Promise.all(
    [ROOT, folder].map((root) => readFile(join(root, LOCK), 'utf8')),
  );
  if (ours === theirs) {
    log('the older commit has the same lockfile: linking the dependencies');
    await linkDependencies(folder);
    return;
  }
  log('the older commit has another lockfile: running npm ci ...');
  await execa({ cwd: folder, stdout: 'ignore', stderr: 'inherit' })`npm ci`;
}

// Links each package instead of the whole node_modules, because the @baton links in node_modules
// lead to the workspaces of this working tree.
async function linkDependencies(folder: string): Promise<void> {
  const [from, to] = [ROOT, folder].map((root) => join(root, 'node_modules'));
  if (from === undefined || to === undefined) return;
  await mkdir(join(to, '@baton'), { recursive: true });
  for (const name of await readdir(from)) {
    if (name !== '@baton') await symlink(join(from, name), join(to, name));
  }
  for (const group of ['packages', 'apps']) {
    for (const name of await readdir(join(folder, group))) {
      await symlink(join(folder, group, name), join(to, '@baton', name));
    }
  }
}
