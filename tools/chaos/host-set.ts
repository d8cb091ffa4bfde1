// The hosts of a run: all workers share one host, or with --hosts each worker has its own.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FOLDERS, type Host as TestHost } from '../hosts/host.ts';
import { createHosts } from '../hosts/hosts.ts';
import type { LaunchedProcess } from '../process/launch.ts';
import { createParts, type Host } from './hosts.ts';
import type { LeftoversScope } from './leftovers.ts';

/** The hosts of a run. */
export interface HostSet {
  /** Whether each worker has its own disk. */
  areSeparate: boolean;
  /** The folders WORK_ROOT, by the names of the hosts. All paths are paths of this process. */
  workRoots: ReadonlyMap<string, string>;
  leftovers: LeftoversScope;
  /** Returns the host of the worker in the slot of this index. */
  open(index: number): Host;
  /** Ends all processes of separate hosts. Their disks stay. */
  stop(): Promise<void>;
}

/** Makes hosts that share the folders of this one, except the links that name the CLI and the temporary directory. */
export async function shareOneHost(folder: string, claude: string): Promise<HostSet> {
  const [work, home, tmp] = [join(folder, 'work'), join(folder, 'home'), join(folder, 't')];
  for (const path of [work, home, tmp]) await mkdir(path);
  return {
    areSeparate: false,
    workRoots: new Map([['', work]]),
    leftovers: { marker: tmp, temporaries: [tmp] },
    open(index) {
      const parts = createParts(join(tmp, `host-${index}`), { claude, tmp });
      return {
        spawn(guardian, args, { env, ...options }) {
          const own = { WORK_ROOT: work, HOME: home, ...parts.env };
          return guardian.spawn(process.execPath, args, { ...options, env: { ...env, ...own } });
        },
        lose: parts.lose,
        replace: () => Promise.reject(new Error('the workers share a host')),
        untilUp: async () => {},
      };
    },
    stop: async () => {},
  };
}

/** Starts a test host for each worker (tools/hosts). They reach only these servers. */
export async function separateHosts(
  folder: string,
  claude: string,
  { size, servers }: { size: number; servers: readonly string[] },
): Promise<HostSet> {
  const names = Array.from({ length: size }, (_, index) => `host-${index}`);
  const hosts = await createHosts({ root: join(folder, 'h'), names, servers });
  const { disk } = hosts;
  await Promise.all(names.map((name) => hosts.get(name).boot()));
  const pathOf = (name: string, below: string) => hosts.get(name).pathOf(join(disk, below));
  return {
    areSeparate: true,
    workRoots: new Map(names.map((name) => [name, pathOf(name, 'work')])),
    leftovers: { marker: disk, temporaries: names.map((name) => pathOf(name, 'tmp')) },
    open(index) {
      const host = hosts.get(names[index] ?? '');
      const targets = { claude, tmp: join(disk, 'tmp') };
      const parts = createParts(pathOf(host.name, 'parts'), targets, join(disk, 'parts'));
      let up = Promise.resolve();
      return {
        spawn(guardian, args, { env, ...options }) {
          const [program = '', ...enter] = host.command(disk);
          const own = { ...hosts.environment(env), ...parts.env };
          const command = [...enter, process.execPath, ...args];
          const child = guardian.spawn(program, command, { ...options, env: own });
          return {
            ...child,
            kill: (signal) => host.signal(child.pid, signal),
            stop: () => stopOn(host, child, options.stopWithinMs),
          };
        },
        lose: parts.lose,
        replace() {
          up = replace(
            host,
            FOLDERS.map((folder) => pathOf(host.name, folder)),
          );
          return up;
        },
        untilUp: () => up,
      };
    },
    stop: hosts.stop,
  };
}

// The folder with the links to the parts stays, because other faults may be changing them.
async function replace(host: TestHost, folders: readonly string[]): Promise<void> {
  await host.crash();
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
  }
  await host.boot();
}

// The child is the command that entered the host, and passes no signal on.
async function stopOn(host: TestHost, child: LaunchedProcess, withinMs: number) {
  host.signal(child.pid, 'SIGTERM');
  const late = setTimeout(() => host.signal(child.pid, 'SIGKILL'), withinMs);
  const end = await child.ended;
  clearTimeout(late);
  return end;
}
