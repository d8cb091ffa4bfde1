import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin'];

/**
 * A folder that stands for PATH: what this machine has, but of the programs in `own` only those that are
 * given a script there. So a test does not depend on what somebody installed.
 */
export async function makePathFolder(
  folder: string,
  own: Record<string, string | null>,
): Promise<string> {
  await mkdir(folder);
  const found = new Map<string, string>();
  for (const one of FOLDERS) {
    for (const name of await readdir(one).catch(() => [])) {
      if (!found.has(name) && !(name in own)) found.set(name, join(one, name));
    }
  }
  for (const [name, file] of found) await symlink(file, join(folder, name));
  for (const [name, script] of Object.entries(own)) {
    if (script !== null) await writeFile(join(folder, name), script, { mode: 0o755 });
  }
  return folder;
}
