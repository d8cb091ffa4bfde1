import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFirstLine } from '../process/first-line.ts';
import { type LaunchedProcess, launch } from '../process/launch.ts';
import { nodeArguments } from '../process/node-arguments.ts';
import { childOf, enter, type ProcessInHost, processesBeside, send } from './inside.ts';
import { inwardSocket, leadIntoHost, type Wire } from './wires.ts';

const CHECKOUT = join(import.meta.dirname, '../..');
const BOOT = join(import.meta.dirname, 'boot.sh');
const WIRES = fileURLToPath(new URL('./wires-inside.ts', import.meta.url));

/** The folders of a host's disk. */
export const FOLDERS = ['work', 'home', 'tmp'] as const;

const ADVICE =
  'A test host needs Linux, user namespaces (sysctl user.max_user_namespaces, ' +
  'kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns) and the programs ' +
  'unshare, nsenter, mount (util-linux), ip (iproute2) and hostname';

/**
 * A test host: namespaces with their own mounts, processes, host name and loopback interface, and a disk of their own
 * at a path that all test hosts of a group share. It reaches no server but those of its group.
 */
export interface Host {
  readonly name: string;
  /** Whether the host runs. It starts down. */
  isUp(): boolean;
  /** Starts the host, unless it is up. Rejects with the reason if this machine cannot make a test host. */
  boot(): Promise<void>;
  /** Returns the command that runs a program in the host, to be put before the program. Throws if the host is down. */
  command(cwd?: string): string[];
  /**
   * Sends a signal to the program that runs through `command`, not to the command itself. `pid` is the pid of the
   * command. Does nothing if it has ended.
   */
  signal(pid: number, signal: NodeJS.Signals): void;
  /** Returns the pid, outside the host, of the program that runs through `command`. */
  programOf(pid: number): number | undefined;
  /** Returns the URL outside the host of a URL inside it. */
  reach(url: string): Promise<string>;
  /** Returns the processes of the host, without its own two. */
  processes(): Promise<ProcessInHost[]>;
  /** Kills all processes of the host at once. Its disk stays. Does nothing if the host is down. */
  crash(): Promise<void>;
  /** Makes the disk of the host empty. Throws if the host is up. */
  wipe(): Promise<void>;
  /** Returns the path outside the host of an absolute path on its disk. Throws if the path is not on its disk. */
  pathOf(path: string): string;
}

/** Where a host's folders are, and the ports that its wires serve. */
export interface HostOptions {
  name: string;
  root: string;
  ports: readonly number[];
}

/** Creates a host that is down, with an empty disk. Its folders must exist. */
export function createHost({ name, root, ports }: HostOptions): Host {
  const mount = join(root, 'disk');
  const disk = join(root, 'disks', name);
  const inward = new Map<string, Wire>();
  const stopped = new Set<number>();
  let running: { unshare: LaunchedProcess; first: number } | undefined;
  let starting: Promise<void> | undefined;

  const host: Host = {
    name,
    isUp: () => running !== undefined,
    boot() {
      starting ??= start({ name, root, ports })
        .then((started) => {
          running = started;
        })
        .catch((error: unknown) => {
          starting = undefined;
          throw error;
        });
      return starting;
    },
    command(cwd = CHECKOUT) {
      if (!running) throw new Error(`the test host ${name} is down`);
      return enter(running.first, cwd);
    },
    signal(pid, signal) {
      const program = childOf(pid);
      if (program !== undefined) send(program, signal);
      // nsenter stops itself when its program stops, and would not see its end
      if (signal === 'SIGSTOP') stopped.add(pid);
      else if (stopped.delete(pid)) send(pid, 'SIGCONT');
    },
    programOf: childOf,
    async reach(url) {
      const outside = new URL(url);
      const wire = inward.get(outside.port) ?? (await leadIntoHost(socket(), +outside.port));
      inward.set(outside.port, wire);
      outside.port = String(wire.port);
      return outside.href.replace(/\/$/, '');
    },
    async processes() {
      if (!running) return [];
      const own = [BOOT, WIRES, 'cat'];
      const found = await processesBeside(running.first);
      return found.filter(({ command }) => !own.some((one) => command.includes(one)));
    },
    async crash() {
      if (!running) return;
      const { unshare, first } = running;
      running = undefined;
      starting = undefined;
      send(first, 'SIGKILL');
      for (const pid of stopped) send(pid, 'SIGCONT');
      stopped.clear();
      await unshare.ended;
      for (const wire of inward.values()) await wire.close();
      inward.clear();
    },
    async wipe() {
      if (running) throw new Error(`the test host ${name} is up`);
      for (const entry of await readdir(disk)) await rm(join(disk, entry), { recursive: true });
      for (const folder of FOLDERS) await mkdir(join(disk, folder));
    },
    pathOf(path) {
      const below = relative(mount, path);
      if (below.startsWith('..')) throw new Error(`${path} is not on the disk of a test host`);
      return join(disk, below);
    },
  };
  const socket = () => inwardSocket(join(root, 'wires', name));
  return host;
}

/** Starts the first process of a host, which starts the inner ends of the wires. */
async function start({ name, root, ports }: HostOptions) {
  const namespaces = ['--user', '--map-root-user', '--mount', '--net', '--uts', '--ipc', '--pid'];
  const flags = [...namespaces, '--fork', '--kill-child', '--mount-proc'];
  const wires = nodeArguments(WIRES, join(root, 'wires'), ...ports.map(String));
  const boot = ['sh', BOOT, name, root, CHECKOUT, process.execPath, ...wires];
  const unshare = launch('unshare', [...flags, ...boot], {
    env: { PATH: process.env['PATH'] },
    cwd: CHECKOUT,
    stdin: 'pipe',
  });
  let said = '';
  unshare.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  try {
    await readFirstLine(unshare, `the test host ${name}`);
    const first = childOf(unshare.pid);
    if (first === undefined) throw new Error('its first process is missing');
    return { unshare, first };
  } catch (error) {
    unshare.kill('SIGKILL');
    const reason = said.trim() || (await unshare.ended).description;
    const message = `this machine cannot make the test host ${name}: ${reason}. ${ADVICE}`;
    throw new Error(message, { cause: error });
  }
}
