import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin'];

/**
 * Creates a folder that a test can use as PATH, so that the test does not depend on the programs of this
 * machine. It links all programs of the machine except the programs named in `own`. A program in `own` gets the
 * given script; a program with null is missing.
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
