import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { lockFolder } from './data-lock.ts';
import type { Host } from './host.ts';

/** The folder in which the servers keep their data. It belongs to this process until `release`. */
export type DataFolder = {
  /**
   * Makes the folder of one server. Each kind of server has its own folder, because kinds cannot
   * read each other's data.
   */
  readonly folder: (server: string, kind: string) => Promise<string>;
  /** Releases the folder. Removes it if it is temporary. */
  readonly release: () => Promise<void>;
};

/**
 * Locks the given folder, or throws if another process has locked the folder. Without a given
 * folder, makes a temporary folder.
 */
export async function openDataFolder(dataDir: string | undefined, host: Host): Promise<DataFolder> {
  const root = dataDir === undefined ? await temporary(host) : resolve(dataDir);
  await mkdir(root, { recursive: true });
  const removed = dataDir === undefined ? root : await lockFolder(root, host.guardian.pid);
  return {
    async folder(server, kind) {
      const name = `${server}-${kind}`;
      const others = (await readdir(root)).filter((entry) => entry.startsWith(`${server}-`));
      if (others.length > 0 && !others.includes(name)) {
        const former = others.map((other) => other.slice(server.length + 1)).join(' or ');
        const variable = `BATON_${server.toUpperCase()}`;
        host.log(
          `${server}: starts empty; the earlier data belongs to ${former} (set ${variable} to use it)`,
        );
      }
      const folder = join(root, name);
      await mkdir(folder, { recursive: true });
      return folder;
    },
    release: () => rm(removed, { recursive: true, force: true }),
  };
}

async function temporary(host: Host): Promise<string> {
  const root = await mkdtemp(join(host.env['TMPDIR'] || tmpdir(), 'baton-services-'));
  host.guardian.removeAtEnd(root);
  return root;
}
