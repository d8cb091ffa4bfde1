// Injects the faults of a run.
import { setTimeout as delay } from 'node:timers/promises';
import { assertNever, QUEUE_PREFIX, SESSION_QUEUE } from '@baton/core/internal';
import { Redis } from 'ioredis';
import type { Outages } from '../dev-services/outages.ts';
import type { Fault, FaultKind } from './faults.ts';
import type { PoolWorker, WorkerPool } from './worker-pool.ts';

/** How long a fault waits for a worker that it can meet, in milliseconds. */
const WORKER_LIMIT_MS = 20_000;

/** What faults are injected into. */
export interface FaultTargets {
  pool: WorkerPool;
  redis: { url: string; outages: Outages };
  mongodb: { outages: Outages };
  /** Told when Redis has forgotten everything. */
  onFlush(): Promise<void>;
  log(line: string): void;
}

/** Injects faults. */
export interface FaultInjector {
  /** Does the fault and resolves when it is over; one that finds no worker to break is left out. */
  inject(fault: Fault): Promise<void>;
  /** How many of each kind were injected. */
  readonly injected: Readonly<Partial<Record<FaultKind, number>>>;
}

/** An injector of faults into these targets. */
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
    if (kind.endsWith('_worker') && !worker) return log(`${kind}: no worker is there to meet it`);
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

// All of them may be starting just now; a fault that is rare in this run must not be left out for that.
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

// As after a failover in place: it follows a server that is not there, and takes no writes meanwhile.
async function makeReadOnly(url: string, forMs: number): Promise<void> {
  await withRedis(url, async (client) => {
    await client.replicaof('127.0.0.1', 1);
    await delay(forMs);
    await client.replicaof('NO', 'ONE');
  });
}

const POISONS = ['{"a":NaN}', '{"version":1,', 'null', '[1]'];

/** A job that nobody can read, put before all others by Redis's own commands. */
async function poison(url: string, pick: number): Promise<void> {
  const id = `poison-${pick}`;
  const data = POISONS[Math.floor(pick * POISONS.length)] ?? '';
  await withRedis(url, async (client) => {
    const key = `${QUEUE_PREFIX}:${SESSION_QUEUE}`;
    await client.hset(`${key}:${id}`, { name: 'launch', data, opts: '{}', timestamp: Date.now() });
    await client.rpush(`${key}:wait`, id);
    await client.zadd(`${key}:marker`, 0, '0');
  }).catch(() => {}); // it takes no writes just now: then there is none
}

async function withRedis(url: string, act: (client: Redis) => Promise<void>): Promise<void> {
  const client = new Redis(url, { maxRetriesPerRequest: null });
  client.on('error', () => {});
  await act(client).finally(() => client.disconnect());
}

// It may be killed or restarting just now, or read-only: flushed all the same, as soon as it can be.
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
