// The parts of a host that each worker has for itself. These parts are symlinks, so that a fault
// can remove them.
import { mkdirSync, symlinkSync } from 'node:fs';
import { rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Guardian } from '../dev-services/guardian.ts';
import type { LaunchedProcess } from '../process/launch.ts';

// A lost part becomes a link to a file that does not exist. If the link itself were missing, a
// program that makes missing parent folders could make the part again.
const NOWHERE = '/proc/no-such-file';

/** A part of the host that a fault can take away from a worker. */
export type HostPart = 'claude' | 'tmp';

/** Starts a worker's program. */
export type Spawn = (
  guardian: Guardian,
  args: readonly string[],
  options: { env: Record<string, string>; cwd: string; stopWithinMs: number },
) => LaunchedProcess;

/** What one worker needs of its host. */
export interface Host {
  /** Runs Node with these arguments on the host. The host's folders are added to the environment. */
  spawn: Spawn;
  /**
   * Ends all processes of the host at once and empties its disk. Resolves once the host is up again. Rejects if the workers share a host.
   */
  replace(): Promise<void>;
  /** Resolves once the host is up. */
  untilUp(): Promise<void>;
  /** Takes a part away for `ms` milliseconds. Does nothing if the part is already away. */
  lose(part: HostPart, ms: number): Promise<void>;
}

/** The links of a host. */
export interface HostParts {
  /** The variables that name the parts. */
  env: Record<string, string>;
  lose: Host['lose'];
}

/**
 * Creates the links to the parts of a host in this new folder. `seenAt` is the folder's path as the worker sees it;
 * default: the same path.
 */
export function createParts(
  folder: string,
  targets: Record<HostPart, string>,
  seenAt = folder,
): HostParts {
  const parts = { claude: join(folder, 'claude'), tmp: join(folder, 'tmp') };
  mkdirSync(folder);
  symlinkSync(targets.claude, parts.claude);
  symlinkSync(targets.tmp, parts.tmp);
  const missing = new Set<HostPart>();
  return {
    env: { CLAUDE_BIN: join(seenAt, 'claude'), TMPDIR: join(seenAt, 'tmp') },
    async lose(part, ms) {
      if (missing.has(part)) return;
      missing.add(part);
      await repoint(parts[part], NOWHERE);
      await delay(ms);
      await repoint(parts[part], targets[part]);
      missing.delete(part);
    },
  };
}

async function repoint(link: string, target: string): Promise<void> {
  await symlink(target, `${link}.new`);
  await rename(`${link}.new`, link);
}
