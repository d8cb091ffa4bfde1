// The bare repository from which a session's work is pushed. It is made for one push, and removed after it.
import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeOwnFolder } from '@baton/core/captures';
import { removeTree } from '../host/folders.ts';

const FOLDER = /^push-/;
const PACK_FILE = /^pack-[0-9a-f]{40}\.(?:pack|idx|rev)$/;
const CONFIG = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n';
const HEAD = 'ref: refs/heads/none\n';

/**
 * Makes an empty bare repository in a shadow folder. It borrows the objects of the captures there. What an attempt that
 * died has left is removed.
 */
export async function makePushRepository(shadow: string, captures: string): Promise<string> {
  makeOwnFolder(shadow);
  for (const name of await readdir(shadow)) {
    if (FOLDER.test(name)) await removeTree(join(shadow, name));
  }
  const dir = join(shadow, `push-${randomUUID()}`);
  await mkdir(dir, { mode: 0o700 });
  for (const name of ['objects/info', 'objects/pack', 'refs/heads']) {
    await mkdir(join(dir, name), { recursive: true });
  }
  await writeFile(join(dir, 'config'), CONFIG);
  await writeFile(join(dir, 'HEAD'), HEAD);
  await writeFile(join(dir, 'objects/info/alternates'), `${join(captures, 'objects')}\n`);
  return dir;
}

/**
 * Gives the repository everything that a mirror holds, by hard links, so that the mirror need not stay. The mirror is
 * not changed.
 */
export async function takeObjects(dir: string, mirror: string): Promise<void> {
  const from = join(mirror, 'objects/pack');
  const to = join(dir, 'objects/pack');
  // The index comes last, because git takes a pack for complete once there is one.
  const names = (await readdir(from)).filter((name) => PACK_FILE.test(name));
  for (const name of names.sort(
    (a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx')),
  )) {
    await link(join(from, name), join(to, name)).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return;
      // The file system has no hard links.
      if (error.code !== 'EPERM' && error.code !== 'EXDEV' && error.code !== 'EMLINK') throw error;
      await copyFile(join(from, name), join(to, name));
    });
  }
  await rm(join(dir, 'shallow'), { force: true });
  await copyFile(join(mirror, 'shallow'), join(dir, 'shallow')).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    },
  );
}
