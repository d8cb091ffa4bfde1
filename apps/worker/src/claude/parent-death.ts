import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * What to put before a program so that the kernel kills it when this process dies: util-linux's
 * `setpriv`. Empty where there is none (macOS): the sweep by marker then does it later.
 */
export function parentDeathLauncher(path: string): string[] {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, 'setpriv');
    if (process.platform === 'linux' && isExecutable(file)) {
      return [file, '--pdeathsig', 'KILL', '--'];
    }
  }
  return [];
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
