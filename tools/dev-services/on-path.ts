import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Found } from './candidates.ts';
import type { Host } from './host.ts';

/** Returns whether the file exists and this user may run it. */
export async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false; // the file is absent, or this user may not run it
  }
}

/** Returns the first program of that name in the folders of PATH, or undefined. */
export async function findOnPath(
  name: string,
  path: string | undefined,
): Promise<string | undefined> {
  for (const folder of (path ?? '').split(delimiter)) {
    const file = join(folder, name);
    if (isAbsolute(folder) && (await isProgram(file))) return file;
  }
  return undefined;
}

/** Returns the `find` function of a candidate: it looks for the program of that name on PATH. */
export function onPath(name: string): (host: Host) => Promise<Found | undefined> {
  return async ({ env }) => {
    const program = await findOnPath(name, env['PATH']);
    return program ? { program, from: program } : undefined;
  };
}
