// Remembers on this host that the setup of a workspace has succeeded.
import { createHash } from 'node:crypto';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clearOwnPath, readOwnFile } from '@baton/core/captures';

const MARK = 'setup.json';
const MARK_MAX_BYTES = 4096;

/** A directory, and the setup that it needs. */
export interface SetupTarget {
  /** The shadow folder of the workspace. */
  shadow: string;
  /** The directory of the workspace. */
  directory: string;
  commands: readonly string[];
  /** The directory in which the commands run. */
  cwd: string;
}

/**
 * Returns whether the setup must run: there are commands, and no mark says that these commands succeeded in this very
 * directory. A restored directory is another one, so its ignored files are made again.
 */
export async function needsSetup(target: SetupTarget): Promise<boolean> {
  if (target.commands.length === 0) return false;
  return readOwnFile(join(target.shadow, MARK), MARK_MAX_BYTES) !== (await markOf(target));
}

/** Notes that the setup has succeeded. The next attempt on this host skips it while the directory stays. */
export async function noteSetup(target: SetupTarget): Promise<void> {
  const file = join(target.shadow, MARK);
  const draft = `${file}.new`;
  await rm(draft, { recursive: true, force: true });
  await writeFile(draft, await markOf(target), { flag: 'wx' });
  clearOwnPath(file);
  await rename(draft, file);
}

// The number of a directory may be used again once the directory is removed, but not with the same time of birth.
async function markOf({ directory, commands, cwd }: SetupTarget): Promise<string> {
  const { dev, ino, birthtimeMs } = await stat(directory);
  const of = createHash('sha256')
    .update(JSON.stringify([cwd, commands]))
    .digest('hex');
  return JSON.stringify({ dev, ino, birthtime_ms: birthtimeMs, of });
}
