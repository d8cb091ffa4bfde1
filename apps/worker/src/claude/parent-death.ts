import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

/** How long the probe of a launcher may take, in milliseconds. */
const PROBE_TIMEOUT_MS = 5_000;

/**
 * What to put before a program so that the kernel kills it when this process dies: util-linux's
 * `setpriv`, tried once. Empty where there is none that can (macOS, busybox): the sweep by marker then
 * does it later.
 */
export async function findParentDeathLauncher(path: string): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const files = path.split(delimiter).map((folder) => join(folder, 'setpriv'));
  const file = files.find(isExecutable);
  if (file === undefined) return [];
  const options = ['--pdeathsig', 'KILL', '--'];
  const probe = await execa(file, [...options, 'true'], {
    env: { PATH: path },
    extendEnv: false,
    reject: false,
    timeout: PROBE_TIMEOUT_MS,
  });
  return probe.failed ? [] : [file, ...options];
}

/** Says whether this process may run the file. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
