import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Found } from './candidates.ts';
import type { Host } from './host.ts';

/** Tells whether the file is there and may be run. */
export async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false; // absent, or not ours to run: the same to the one who asks
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

/** Returns how a candidate finds the program of that name on PATH. */
export function onPath(name: string): (host: Host) => Promise<Found | undefined> {
  return async ({ env }) => {
    const program = await findOnPath(name, env['PATH']);
    return program ? { program, from: program } : undefined;
  };
}
