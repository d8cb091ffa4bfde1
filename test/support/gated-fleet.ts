// A worker that connects to its stores through gates. A test can shut and open the gates.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createStoreClock, type Session } from '@baton/core/internal';
import type { Fleet } from './fleet.ts';
import { createGate, type Gate } from './gate.ts';
import { waitFor } from './wait.ts';
import type { WorkerProcess } from './worker-process.ts';

/** The lease of a gated worker in milliseconds, for tests in which the worker loses its session. */
export const LEASE_MS = 5_000;

/**
 * The lease in milliseconds for tests in which the worker keeps its session although only one store
 * confirms it. A worker on a busy machine may renew late, but not by a lease of this length.
 */
export const STEADY_LEASE_MS = 15_000;

/** A fleet whose worker can be cut off from its stores. The test itself still reads the stores. */
export interface Gated {
  fleet: Fleet;
  worker: WorkerProcess;
  redis: Gate;
  mongodb: Gate;
}

/** Opens a sibling of this fleet with one gated worker, which hands back its sessions at once on SIGTERM. */
export async function openGated(
  parent: Fleet,
  onTestFinished: (close: () => Promise<void>) => void,
  leaseMs = LEASE_MS,
): Promise<Gated> {
  const fleet = parent.sibling(onTestFinished);
  const redis = await createGate(fleet.env['REDIS_URL'] ?? '');
  const mongodb = await createGate(fleet.env['MONGODB_URL'] ?? '');
  onTestFinished(async () => {
    await Promise.all([redis.close(), mongodb.close()]);
  });
  const worker = await fleet.worker({
    REDIS_URL: redis.url,
    MONGODB_URL: mongodb.url,
    LEASE_MS: String(leaseMs),
    DRAIN_TIMEOUT_MS: '0',
  });
  return { fleet, worker, redis, mongodb };
}

/**
 * Waits until the lease of a running session expired `LEASE_MS` ago, by the store's clock. In this
 * time, the reconciler looks once at the session. The worker of the session must be cut off from MongoDB.
 */
export async function leaseIsOver({ db, session }: Fleet, id: string): Promise<void> {
  const clock = createStoreClock(db);
  await waitFor(`the lease of ${id} to expire`, async () => {
    const { lease } = await session(id);
    if (!lease.expires_at) throw new Error(`expected session ${id} to be held`);
    return (await clock.now()).getTime() > lease.expires_at.getTime() + LEASE_MS;
  });
}

/**
 * Waits until the lock of a running session's job has expired: the session's lease of `leaseMs`
 * must have been renewed for longer than a lock lasts. The worker must be cut off from Redis, or
 * Redis must have lost its data.
 */
export async function lockIsOver(
  { session }: Fleet,
  id: string,
  leaseMs = LEASE_MS,
): Promise<void> {
  const endOfLease = async () => (await session(id)).lease.expires_at?.getTime() ?? 0;
  const before = await endOfLease();
  await waitFor(`the lock of ${id} to expire`, async () => {
    return (await endOfLease()) > before + leaseMs * 1.5;
  });
}

/** Returns whether a session is running. */
export const isRunning = ({ status }: Session) => status === 'running';

/**
 * Starts a session that says "one" and waits. After a call of `end` it says "two" and completes. The
 * fleets of a test file share a folder, so each of their sessions needs its own `name`.
 */
export async function playUntilReported(fleet: Fleet, name: string) {
  const go = join(fleet.root, `${name}.go`);
  const id = await fleet.play([{ say: 'one' }, { wait_for: go }, { say: 'two' }]);
  await fleet.until(id, 'running', isRunning);
  return { id, end: () => writeFile(go, '') };
}

/**
 * The fields of a session of `playUntilReported` that completed without a counted crash, retry or
 * hand-back.
 */
export const UNHARMED = {
  status: 'completed',
  result: { result: 'two' },
  counts: { crashes: 0, retries: 0, hand_backs: 0 },
};

/** Waits until the session's job is completed or removed, so no worker will process it. */
export async function jobDone({ queue }: Fleet, id: string): Promise<void> {
  // The job is gone if the reconciler removed it before a worker took it.
  await waitFor(`job ${id} to be done or gone`, async () => {
    const state = await queue.getJobState(id);
    return state === 'completed' || state === 'unknown';
  });
}
