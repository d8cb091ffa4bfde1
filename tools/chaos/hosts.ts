// What a worker has of its own on its host, by symlinks that can be taken away.
import { mkdirSync, symlinkSync } from 'node:fs';
import { rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

// A link to nothing, rather than no link: programs that make their folders with all parents cannot make the lost one again.
const NOWHERE = '/proc/no-such-file';

/** What can go away from under a worker. */
export type HostPart = 'claude' | 'tmp';

/** The CLI and the temporary directory of one worker. */
export interface Host {
  /** The variables that name them. */
  env: Record<string, string>;
  /** Takes one of them away for so long; while it is away already, the second loss changes nothing. */
  lose(part: HostPart, ms: number): Promise<void>;
}

/** Makes a host in a folder of its own below `temporary`, which holds what all hosts put into theirs. */
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
