// A group of test hosts: they share a path for their disks, and servers outside.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createHost, type Host } from './host.ts';
import { type Address, leadToServer, outwardSocket, type Wire } from './wires.ts';

/** A group of test hosts. */
export interface Hosts {
  /** Returns the host of this name. Throws if the group has none. */
  get(name: string): Host;
  /** The path of every host's disk, in the host. It has the folders `work`, `home` and `tmp`. */
  readonly disk: string;
  /** Returns an environment as a program in a host needs it: the folders on the disk, and URLs that lead out. */
  environment(env: Readonly<Record<string, string>>): Record<string, string>;
  /** Ends all processes of the hosts. Their disks stay. */
  stop(): Promise<void>;
  /** Ends all processes of the hosts, and removes their disks. */
  close(): Promise<void>;
}

/** The options of a group of test hosts. */
export interface HostsOptions {
  /** A folder that exists, with a short path: it holds sockets. The group removes it at its end. */
  root: string;
  names: readonly string[];
  /** The URLs of the servers that the hosts reach. Their ports differ. */
  servers: readonly string[];
}

// The variables whose URLs lead to the servers.
const URLS = ['REDIS_URL', 'MONGODB_URL', 'ANTHROPIC_BASE_URL'];

const DEFAULT_PORTS: Record<string, number> = {
  'redis:': 6379,
  'mongodb:': 27017,
  'http:': 80,
};

/** Creates hosts that are down, with empty disks. */
export async function createHosts({ root, names, servers }: HostsOptions): Promise<Hosts> {
  const disk = join(root, 'disk');
  const addresses = servers.map(addressOf);
  const hosts = new Map<string, Host>();
  const wires: Wire[] = [];
  for (const name of names) {
    const folder = join(root, 'wires', name);
    for (const path of [folder, join(root, 'disks', name)]) await mkdir(path, { recursive: true });
    for (const address of addresses)
      wires.push(await leadToServer(outwardSocket(folder, address.port), address));
    const host = createHost({ name, root, ports: addresses.map(({ port }) => port) });
    await host.wipe();
    hosts.set(name, host);
  }
  async function stop() {
    for (const host of hosts.values()) await host.crash();
    for (const wire of wires.splice(0)) await wire.close();
  }
  return {
    disk,
    get(name) {
      const host = hosts.get(name);
      if (!host) throw new Error(`there is no test host ${name}`);
      return host;
    },
    environment(env) {
      const led = Object.entries(env).map(([name, value]) => [
        name,
        URLS.includes(name) ? toLoopback(value) : value,
      ]);
      const folders = {
        WORK_ROOT: join(disk, 'work'),
        HOME: join(disk, 'home'),
        TMPDIR: join(disk, 'tmp'),
      };
      return { ...Object.fromEntries(led), ...folders };
    },
    stop,
    async close() {
      await stop();
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function addressOf(server: string): Address {
  const { hostname, port, protocol } = new URL(server);
  return { host: hostname, port: Number(port) || (DEFAULT_PORTS[protocol] ?? 0) };
}

// Inside a host, each server has its own port on the host's loopback interface.
function toLoopback(value: string): string {
  const url = new URL(value);
  url.hostname = '127.0.0.1';
  return url.href.replace(/\/$/, '');
}
