// Injects the faults of a run.
import { setTimeout as delay } from 'node:timers/promises';
import { assertNever, QUEUE_PREFIX, SESSION_QUEUE } from '@baton/core/internal';
import { Redis } from 'ioredis';
import type { Outages } from '../dev-services/outages.ts';
import type { Fault, FaultKind } from './faults.ts';
import type { PoolWorker, WorkerPool } from './worker-pool.ts';

/** How long a fault waits for a worker that it can hit, in milliseconds. */
const WORKER_LIMIT_MS = 20_000;

/** The workers and servers that faults hit. */
export interface FaultTargets {
  pool: WorkerPool;
  redis: { url: string; outages: Outages };
  mongodb: { outages: Outages };
  /** Called after Redis was flushed. */
  onFlush(): Promise<void>;
  log(line: string): void;
}

/** Injects faults. */
export interface FaultInjector {
  /** Injects the fault and resolves when it is over. Skips the fault if it finds no worker to hit. */
  inject(fault: Fault): Promise<void>;
  /** How many faults of each kind were injected. */
  readonly injected: Readonly<Partial<Record<FaultKind, number>>>;
}

/** Creates an injector of faults into these targets. */
export function createFaultInjector({
  pool,
  redis,
  mongodb,
  onFlush,
  log,
}: FaultTargets): FaultInjector {
  const injected: Partial<Record<FaultKind, number>> = {};

  async function inject(fault: Fault): Promise<void> {
    const { kind, forMs } = fault;
    const worker = kind.endsWith('_worker') ? await waitForWorker(pool, fault.pick) : undefined;
    if (kind.endsWith('_worker') && !worker)
      return log(`${kind}: skipped, because no worker is ready`);
    injected[kind] = (injected[kind] ?? 0) + 1;
    log(`${kind}${worker ? ` ${worker.name}` : ''}, ${forMs} ms`);
    switch (kind) {
      case 'kill_worker':
        return worker?.kill(forMs);
      case 'stop_worker':
        return worker?.drain();
      case 'pause_worker':
        return worker?.pause(forMs);
      case 'lose_cli_worker':
        return worker?.lose('claude', forMs);
      case 'lose_tmp_worker':
        return worker?.lose('tmp', forMs);
      case 'lose_host_worker':
        return worker?.loseHost(forMs);
      case 'kill_redis':
        await redis.outages.kill();
        return startAgain(redis.outages, forMs);
      case 'flush_redis':
        await flush(redis.url);
        return onFlush();
      case 'readonly_redis':
        return makeReadOnly(redis.url, forMs);
      case 'poison_job':
        return poison(redis.url, fault.pick);
      case 'stop_mongodb':
        await mongodb.outages.stop();
        return startAgain(mongodb.outages, forMs);
      case 'kill_mongodb':
        await mongodb.outages.kill();
        return startAgain(mongodb.outages, forMs);
      default:
        assertNever(kind);
    }
  }

  return { inject, injected };
}

// All workers may be starting at this moment. A rare fault must not be skipped for this reason.
async function waitForWorker(pool: WorkerPool, pick: number): Promise<PoolWorker | undefined> {
  for (const end = Date.now() + WORKER_LIMIT_MS; Date.now() < end; await delay(50)) {
    const worker = pool.choose(pick);
    if (worker) return worker;
  }
  return undefined;
}

async function startAgain(outages: Outages, afterMs: number): Promise<void> {
  await delay(afterMs);
  await outages.start();
}

// Makes Redis read-only, as after a failover: it becomes the replica of a server that does not exist.
async function makeReadOnly(url: string, forMs: number): Promise<void> {
  await withRedis(url, async (client) => {
    await client.replicaof('127.0.0.1', 1);
    await delay(forMs);
    await client.replicaof('NO', 'ONE');
  });
}

const POISONS = ['{"a":NaN}', '{"version":1,', 'null', '[1]'];

/** Adds an unparsable job to the front of the queue, with plain Redis commands. */
async function poison(url: string, pick: number): Promise<void> {
  const id = `poison-${pick}`;
  const data = POISONS[Math.floor(pick * POISONS.length)] ?? '';
  await withRedis(url, async (client) => {
    const key = `${QUEUE_PREFIX}:${SESSION_QUEUE}`;
    await client.hset(`${key}:${id}`, { name: 'launch', data, opts: '{}', timestamp: Date.now() });
    await client.rpush(`${key}:wait`, id);
    await client.zadd(`${key}:marker`, 0, '0');
  }).catch(() => {}); // Redis takes no writes at this moment, so this job is skipped
}

async function withRedis(url: string, act: (client: Redis) => Promise<void>): Promise<void> {
  const client = new Redis(url, { maxRetriesPerRequest: null });
  client.on('error', () => {});
  await act(client).finally(() => client.disconnect());
}

// Redis may be down, restarting or read-only, so the flush is repeated until it succeeds.
async function flush(url: string): Promise<void> {
  await withRedis(url, async (client) => {
    for (;;) {
      const isDone = await client.flushall().then(
        () => true,
        () => false,
      );
      if (isDone) return;
      await delay(100);
    }
  });
}
