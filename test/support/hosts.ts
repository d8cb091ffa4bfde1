// Workers on separate hosts: see tools/hosts.
import { mkdtemp } from 'node:fs/promises';
import type { Host } from '../../tools/hosts/host.ts';
import { createHosts, type Hosts } from '../../tools/hosts/hosts.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

/** A test host on which workers run. */
export interface TestHost extends Host {
  /**
   * Starts the host if it is down, and a worker on it. Resolves once the worker is ready. WORK_ROOT, HOME and TMPDIR
   * are on the host's disk, whatever `env` says; everything else of the environment is `env`. The worker's `pid` is
   * the one outside the host, its `health` can be fetched from outside, and its signals hit the worker alone: a
   * `kill` leaves the CLI and its tools behind.
   */
  startWorker(options: { env: Record<string, string> }): Promise<WorkerProcess>;
}

/** Several test hosts. */
export interface TestHosts extends Omit<Hosts, 'get'> {
  /** Returns the host of this name. Throws if there is none. */
  get(name: string): TestHost;
}

/** The servers that the hosts share, by the variables that name them. An environment of a fleet has them. */
export interface SharedServers {
  REDIS_URL?: string;
  MONGODB_URL?: string;
}

/**
 * Creates test hosts that are down, with empty disks. They share nothing but these servers, and the scripted Messages
 * API and the servers at `otherServers` if they are given. Starting one rejects with the reason if this machine allows no namespaces.
 */
export async function createTestHosts(options: {
  services: SharedServers;
  messagesApi?: { url: string };
  otherServers?: readonly string[];
  names: readonly string[];
}): Promise<TestHosts> {
  const { services, messagesApi, otherServers = [], names } = options;
  const urls = [services.REDIS_URL, services.MONGODB_URL, messagesApi?.url, ...otherServers];
  const hosts = await createHosts({
    // Paths of sockets must stay short, and each host has its own /tmp.
    root: await mkdtemp('/tmp/baton-hosts-'),
    names,
    servers: urls.filter((url) => url !== undefined),
  });
  const found = new Map(names.map((name) => [name, asTestHost(hosts, hosts.get(name))]));
  return {
    ...hosts,
    get: (name) => found.get(name) ?? asTestHost(hosts, hosts.get(name)),
  };
}

function asTestHost(hosts: Hosts, host: Host): TestHost {
  return {
    ...host,
    async startWorker({ env }) {
      await host.boot();
      const worker = await startWorker(hosts.environment(env), host.command());
      // The start line has the pid in the host. The parent of the worker is the command that entered the host.
      const processes = await host.processes();
      const program = processes.find(({ pidInHost }) => pidInHost === worker.pid);
      if (!program) throw new Error(`the worker ended after it was ready: ${worker.err()}`);
      return {
        ...worker,
        pid: program.pid,
        health: await host.reach(worker.health),
        signal: (name) => host.signal(program.parent, name),
        stop() {
          host.signal(program.parent, 'SIGTERM');
          return worker.ended;
        },
        kill() {
          host.signal(program.parent, 'SIGKILL');
          return worker.ended;
        },
      };
    },
  };
}
