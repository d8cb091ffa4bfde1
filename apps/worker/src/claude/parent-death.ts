import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

/** How long the probe of a launcher may take, in milliseconds. */
const PROBE_TIMEOUT_MS = 5_000;

/**
 * Returns the command to put before a program so that the kernel kills the program when this
 * process dies: `setpriv` of util-linux, after one trial. Returns an empty list if there is no such
 * `setpriv` (macOS, busybox). The sweep by marker then ends the program later.
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

/** Returns whether this process may run the file. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
