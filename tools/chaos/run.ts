// Runs chaos once: starts servers, workers and clients, injects faults for a while, restores
// everything and audits the result.
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FAKE_CLAUDE } from '../../test/fake-claude/install.ts';
import type { Environment } from '../dev-services/environment.ts';
import type { Evidence, Violation } from './audit/evidence.ts';
import { audit } from './audit.ts';
import { type Clients, openClients } from './clients.ts';
import { scheduleFaults } from './faults.ts';
import { gather } from './gather.ts';
import { type HostSet, separateHosts, shareOneHost } from './host-set.ts';
import { createFaultInjector, type FaultInjector } from './inject-faults.ts';
import { awaitNoLeftovers } from './leftovers.ts';
import type { ChaosOptions } from './options.ts';
import { planSessions } from './plan.ts';
import { planMessages } from './plan-messages.ts';
import { figures } from './report.ts';
import { type Servers, startServers } from './servers.ts';
import type { Watch } from './watch.ts';
import { createWorkerPool, type WorkerPool } from './worker-pool.ts';

const LEASE_MS = 4_000;
const DRAIN_TIMEOUT_MS = 1_500;

/** The worker's limits for drain, hand-back and close, plus ten seconds for a busy machine, in milliseconds. */
const DRAIN_WITHIN_MS = DRAIN_TIMEOUT_MS + 15_000 + 5_000 + 10_000;

/** How long the first workers may take to be ready, in milliseconds. */
const START_LIMIT_MS = 60_000;

/** How long the sessions may take to end once the faults are over, in milliseconds. */
const HEAL_LIMIT_MS = 180_000;

/** Two sweeps of ten seconds, plus ten seconds for a busy machine, in milliseconds. */
const LEFTOVERS_LIMIT_MS = 30_000;

/** Runs chaos in this folder and resolves to its figures. The workers' logs stay in its subfolder `logs`. */
export async function runChaos(options: ChaosOptions, env: Environment, folder: string) {
  await mkdir(join(folder, 'logs'));
  const logFile = createWriteStream(join(folder, 'logs', 'chaos.log'));
  const startedAt = performance.now();
  const log = (line: string) => {
    const text = `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} ${line}\n`;
    logFile.write(text);
    process.stderr.write(text);
  };
  const servers = await startServers(env, log);
  const giveUp = () => {
    servers.services.guardian.removeAtEnd(folder); // the guardian removes the folder after it has stopped everything else
    process.exit(130);
  };
  process.once('SIGINT', giveUp).once('SIGTERM', giveUp);
  try {
    return await runOn(servers, { options, env, folder, log });
  } catch (error) {
    // The error is logged before the stop, because failures that the stop causes would hide it.
    log(`the run itself failed: ${error instanceof Error ? error.stack : String(error)}`);
    throw error;
  } finally {
    await servers.services.stop();
    logFile.end();
  }
}

/** What a run needs besides its servers. */
interface RunContext {
  options: ChaosOptions;
  env: Environment;
  folder: string;
  log(line: string): void;
}

async function runOn(servers: Servers, context: RunContext) {
  const { services, redis, mongodb } = servers;
  const { options, folder, log } = context;
  const { seed, sessions } = options;
  const hosts = await openHosts(servers, context);
  const clients = await openClients({ redis: redis.url, mongodb: mongodb.url }, seed);
  const { load, messages, watch } = clients;
  const pool = openPool(servers, context, hosts);
  const faults = createFaultInjector({
    pool,
    redis,
    mongodb,
    onFlush: () => load.repeat(async (id) => (await clients.stores.sessions.get(id)) !== null),
    log,
  });

  log(`chaos of seed ${seed}: ${sessions} sessions, ${options.minutes} minutes, in ${folder}`);
  pool.start();
  await pool.untilReady(START_LIMIT_MS);
  const begin = performance.now();
  const { requests } = await requestUnderFaults(options, clients, faults);

  log('the faults are over: starting the servers that are down and waiting for the sessions');
  const healSeconds = await recover(servers, requests, watch);
  log(
    `${watch.finals.size} of ${load.accepted.size} sessions are terminal after ${healSeconds.toFixed(1)} s`,
  );

  const { folders } = await awaitNoLeftovers(hosts.leftovers, LEFTOVERS_LIMIT_MS);
  const ends = await pool.stopAll();
  const evidence: Evidence = {
    planned: new Map([...load.accepted].map(([id, { planned }]) => [id, planned])),
    cancels: load.cancels,
    messages: [...messages.answered.values()],
    shown: watch.shown,
    finals: watch.finals,
    processes: (await awaitNoLeftovers(hosts.leftovers, 0)).processes,
    folders,
    workers: ends,
    ...(await gather(clients, hosts)),
  };
  await hosts.stop();
  await clients.close();
  const violations = audit(evidence);
  await keepDocuments(join(folder, 'logs', 'documents.json'), evidence, violations);
  return figures(evidence, violations, {
    options,
    healSeconds,
    faults: faults.injected,
    seconds: (performance.now() - begin) / 1000,
    workersStarted: pool.startedCount,
    redis: `${services.redis.version} (${services.redis.kind})`,
    mongodb: `${services.mongodb.version} (${services.mongodb.kind})`,
  });
}

/** Writes the documents of the sessions that violate a check to a file. */
async function keepDocuments(
  file: string,
  { sessions }: Evidence,
  violations: readonly Violation[],
): Promise<void> {
  const ids = new Set(violations.map(({ session }) => session));
  const found = [...sessions.values()].filter(({ id }) => ids.has(id));
  if (found.length > 0) await writeFile(file, JSON.stringify(found, null, 2));
}

/** Makes the hosts of a run. No worker runs on them yet. */
function openHosts({ redis, mongodb }: Servers, { options, folder }: RunContext): Promise<HostSet> {
  if (!options.hosts) return shareOneHost(folder, FAKE_CLAUDE);
  const servers = [redis.url, mongodb.url];
  return separateHosts(folder, FAKE_CLAUDE, { size: options.workers, servers });
}

/**
 * Creates the workers of a run, on these servers and with the fake CLI. No worker has been started
 * yet.
 */
function openPool(
  { services, redis, mongodb }: Servers,
  { options, env, folder }: RunContext,
  hosts: HostSet,
): WorkerPool {
  return createWorkerPool({
    guardian: services.guardian,
    size: options.workers,
    logs: join(folder, 'logs'),
    openHost: hosts.open,
    drainWithinMs: DRAIN_WITHIN_MS,
    env: {
      PATH: env['PATH'] ?? '/usr/bin:/bin',
      REDIS_URL: redis.url,
      MONGODB_URL: mongodb.url,
      LEASE_MS: String(LEASE_MS),
      DRAIN_TIMEOUT_MS: String(DRAIN_TIMEOUT_MS),
      WORKER_CONCURRENCY: '8',
      SUBPROCESS_ENV_SCRUB: 'off',
      LOG_LEVEL: 'debug',
    },
  });
}

/**
 * Launches the sessions, sends the messages and injects the faults, each at its planned time.
 * Resolves once the time and all faults are over. Returns the promises of the launches and
 * messages, because some may still be unanswered.
 */
async function requestUnderFaults(
  { seed, sessions, minutes, hosts }: ChaosOptions,
  { load, messages }: Pick<Clients, 'load' | 'messages'>,
  faults: FaultInjector,
): Promise<{ requests: Promise<void>[] }> {
  const ms = minutes * 60_000;
  const begin = performance.now();
  const at = (atMs: number) => delay(Math.max(0, begin + atMs - performance.now()));
  const launches = planSessions({ seed, ms, sessions, withTools: hosts }).map(async (planned) => {
    await at(planned.atMs);
    await load.launch(planned);
  });
  const sends = planMessages({ seed, ms, sessions }).map(async (planned) => {
    await at(planned.atMs);
    await messages.send(planned);
  });
  const injections = scheduleFaults({ seed, ms, leaseMs: LEASE_MS, hosts }).map(async (fault) => {
    await at(fault.atMs);
    await faults.inject(fault);
  });
  await Promise.all([...injections, at(ms)]);
  return { requests: [...launches, ...sends] };
}

/**
 * Starts the servers that are down and waits until every session is terminal. Resolves to how many
 * seconds this took.
 */
async function recover(
  { redis, mongodb }: Servers,
  requests: readonly Promise<void>[],
  watch: Watch,
): Promise<number> {
  const begin = performance.now();
  const clientsDone = Promise.all([redis.outages.start(), mongodb.outages.start(), ...requests]);
  // The wait is limited. The audit reports a session that does not end.
  await Promise.race([clientsDone, delay(HEAL_LIMIT_MS, undefined, { ref: false })]);
  await watch.untilTerminal(HEAL_LIMIT_MS);
  return (performance.now() - begin) / 1000;
}
