// A worker that reaches its stores through gates, which a test shuts and opens.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createStoreClock, type Session } from '@baton/core/internal';
import type { Fleet } from './fleet.ts';
import { createGate, type Gate } from './gate.ts';
import { waitFor } from './wait.ts';
import type { WorkerProcess } from './worker-process.ts';

/** The lease of a gated worker: short, but not so short that a busy machine breaks it. */
export const LEASE_MS = 5_000;

/** A fleet whose worker's stores can be taken away; the test's own eyes on them stay. */
export interface Gated {
  fleet: Fleet;
  worker: WorkerProcess;
  redis: Gate;
  mongodb: Gate;
}

/** A sibling of this fleet with one gated worker, which hands back at once when it is told to stop. */
export async function openGated(
  parent: Fleet,
  onTestFinished: (close: () => Promise<void>) => void,
): Promise<Gated> {
  const fleet = parent.sibling();
  const redis = await createGate(fleet.env['REDIS_URL'] ?? '');
  const mongodb = await createGate(fleet.env['MONGODB_URL'] ?? '');
  onTestFinished(async () => {
    await Promise.all([redis.close(), mongodb.close()]);
  });
  const worker = await fleet.worker({
    REDIS_URL: redis.url,
    MONGODB_URL: mongodb.url,
    LEASE_MS: String(LEASE_MS),
    DRAIN_TIMEOUT_MS: '0',
  });
  return { fleet, worker, redis, mongodb };
}

/**
 * MongoDB is away from the worker of a session that runs: resolves once the session's lease has been over,
 * on the store's clock, for as long as it lasts.
 */
export async function leaseIsOver({ db, session }: Fleet, id: string): Promise<void> {
  const clock = createStoreClock(db);
  await waitFor(`the lease of ${id} to be over`, async () => {
    const { lease } = await session(id);
    if (!lease.expires_at) throw new Error(`expected session ${id} to be held`);
    return (await clock.now()).getTime() > lease.expires_at.getTime() + LEASE_MS;
  });
}

/**
 * Redis is away, or knows nothing, of a session that runs: resolves once the session's lease has been
 * renewed for twice as long as the lock of a job lasts.
 */
export async function lockIsOver({ session }: Fleet, id: string): Promise<void> {
  const endOfLease = async () => (await session(id)).lease.expires_at?.getTime() ?? 0;
  const before = await endOfLease();
  await waitFor(`the lock of ${id} to be over`, async () => {
    return (await endOfLease()) > before + LEASE_MS * 2;
  });
}

/** Says whether a session is running. */
export const isRunning = ({ status }: Session) => status === 'running';

/** A running session that said "one"; once it is told to end it says "two" and completes. */
export async function playUntilReported(fleet: Fleet, name: string) {
  const go = join(fleet.root, `${name}.go`);
  const id = await fleet.play([{ say: 'one' }, { wait_for: go }, { say: 'two' }]);
  await fleet.until(id, 'running', isRunning);
  return { id, end: () => writeFile(go, '') };
}

/** What such a session is where nothing was held against it. */
export const UNHARMED = {
  status: 'completed',
  result: { result: 'two' },
  counts: { crashes: 0, retries: 0, hand_backs: 0 },
};

/** Resolves once nobody works on the session's job any more, nor will. */
export async function jobDone({ queue }: Fleet, id: string): Promise<void> {
  // Gone where the reconciler met it before a worker did.
  await waitFor(`job ${id} to be done or gone`, async () => {
    const state = await queue.getJobState(id);
    return state === 'completed' || state === 'unknown';
  });
}
