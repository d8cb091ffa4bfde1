// An older commit of this repository in a folder of its own, with its dependencies.
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

const ROOT = join(import.meta.dirname, '../..');
const LOCK = 'package-lock.json';

/** A commit that was checked out. */
export interface Checkout {
  /** Its short hash. */
  commit: string;
  folder: string;
  /** Removes the folder and git's note of it. */
  remove(): Promise<void>;
}

/** Checks a commit out into `folder`, which must not exist, and installs its dependencies. Throws where git or npm fails. */
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
    log('the lockfile is the same: linking the dependencies');
    await linkDependencies(folder);
    return;
  }
  log('the lockfile is another: npm ci ...');
  await execa({ cwd: folder, stdout: 'ignore', stderr: 'inherit' })`npm ci`;
}

// Package by package: a link to the whole of node_modules would lead to the workspaces of this commit.
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
