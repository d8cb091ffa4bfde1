// The parts of a host that each worker has for itself. These parts are symlinks, so that a fault
// can remove them.
import { mkdirSync, symlinkSync } from 'node:fs';
import { rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

// A lost part becomes a link to a file that does not exist. If the link itself were missing, a
// program that makes missing parent folders could make the part again.
const NOWHERE = '/proc/no-such-file';

/** A part of the host that a fault can take away from a worker. */
export type HostPart = 'claude' | 'tmp';

/** The CLI and the temporary directory of one worker. */
export interface Host {
  /** The variables that name these two parts. */
  env: Record<string, string>;
  /** Takes a part away for `ms` milliseconds. Does nothing if the part is already away. */
  lose(part: HostPart, ms: number): Promise<void>;
}

/**
 * Creates a host in its own folder below `temporary`. The temporary directories of all hosts are links to `temporary`.
 */
export function createHost(temporary: string, claude: string, index: number): Host {
  const folder = join(temporary, `host-${index}`);
  const parts = { claude: join(folder, 'claude'), tmp: join(folder, 'tmp') };
  const targets = { claude, tmp: temporary };
  mkdirSync(folder);
  symlinkSync(targets.claude, parts.claude);
  symlinkSync(targets.tmp, parts.tmp);
  const missing = new Set<HostPart>();
  return {
    env: { CLAUDE_BIN: parts.claude, TMPDIR: parts.tmp },
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
