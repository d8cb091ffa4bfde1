// Queue and documents are made to disagree in each known way; one round must repair each.
import {
  createJobUpkeep,
  createLeaderLease,
  createLogger,
  type Job,
  type LeaderLease,
  newId,
  openBaton,
  type Session,
  type SessionQueue,
} from '@baton/core/internal';
import { Worker } from 'bullmq';
import type { Db } from 'mongodb';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { startMaintenance } from '../../../../apps/worker/src/maintenance/maintenance.ts';
import {
  type ReconcilerDeps,
  reconcileOnce,
  reconcilerTasks,
} from '../../../../apps/worker/src/maintenance/reconciler.ts';
import {
  makeChild,
  makeCompletedSession,
  makeLaunchJob,
  makeSession,
} from '../../../support/factories.ts';
import { test as base, redisUrl, uniqueName } from '../../../support/services.ts';
import { asMongo } from '../../../support/stores.ts';
import { untilPasses } from '../../../support/wait.ts';

interface Scene {
  deps: ReconcilerDeps & { lease: LeaderLease };
  queue: SessionQueue;
  logged: string[];
  store(fields?: Partial<Session>): Promise<Session>;
  state(id: string): Promise<string>;
  /** Empties the queue, like a Redis that lost its data. */
  loseAll(): Promise<void>;
}

/** A scene with its own database and queue. */
function setScene(db: Db, prefix: string, owner = 'worker-1'): Scene {
  const baton = openBaton({ redis: redisUrl(), mongodb: asMongo(db), prefix });
  const { stores, clock, queue, adopter, admission } = baton;
  const logged: string[] = [];
  const deps = {
    lease: createLeaderLease(db, clock, 'reconciler', owner),
    jobs: createJobUpkeep(queue.bull),
    store: stores.reconcile,
    adopter,
    admission,
    log: createLogger('worker', 'info', { write: (line) => logged.push(line) }),
  };
  onTestFinished(async () => {
    await queue.bull.obliterate({ force: true });
    await baton.close();
  });
  return {
    deps,
    queue,
    logged,
    store: (fields = {}) => stores.sessions.insertIfAbsent(makeSession(fields)),
    state: (id) => queue.bull.getJobState(id),
    loseAll: () => queue.bull.obliterate({ force: true }),
  };
}

const test = base.extend<{ scene: Scene; scenes: (count: number) => Scene[] }>({
  scenes: async ({ mongo }, use) => {
    const name = uniqueName('reconciler');
    const db = mongo.db(name);
    await use((count) =>
      Array.from({ length: count }, (_, index) => setScene(db, name, `worker-${index}`)),
    );
    await db.dropDatabase();
  },
  scene: async ({ scenes }, use) => {
    const [scene] = scenes(1);
    if (scene) await use(scene);
  },
});

const expired = { fence: 1, owner: 'gone', expires_at: new Date(Date.now() - 1_000) };
const held = { fence: 1, owner: 'there', expires_at: new Date(Date.now() + 60_000) };
const inAnHour = () => new Date(Date.now() + 3_600_000);

const NOTHING = { adopted: 0, dropped: 0, failed: 0, restored: 0, released: 0 };

describe('a round of the reconciler', () => {
  test('adopts jobs without a document, including delayed and prioritized jobs', async ({
    scene,
  }) => {
    const jobs: Job[] = [
      makeLaunchJob(),
      makeLaunchJob({ priority: 5 }),
      makeLaunchJob({ not_before: inAnHour().toISOString() }),
    ];
    for (const job of jobs) await scene.queue.add(job);
    expect(await reconcileOnce(scene.deps)).toEqual({ ...NOTHING, adopted: 3 });
    for (const { id } of jobs) {
      expect(await scene.deps.adopter.find(id)).toMatchObject({ id, status: 'queued' });
    }
    expect(await reconcileOnce(scene.deps)).toEqual(NOTHING);
  });

  test('makes a failed session of a job that does not parse, and moves the job to the failed jobs', async ({
    scene,
  }) => {
    const id = newId();
    await scene.queue.bull.add('launch', { version: 1, id, kind: 'nonsense' }, { jobId: id });
    expect((await reconcileOnce(scene.deps)).adopted).toBe(1);
    expect(await scene.deps.adopter.find(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'INVALID_REQUEST' },
    });
    expect(await scene.state(id)).toBe('failed');
    expect(await reconcileOnce(scene.deps)).toEqual(NOTHING);
  });

  test('fails a job whose id is not a session id, and does its other work', async ({ scene }) => {
    await scene.queue.bull.add('launch', {}, { jobId: 'no-uuid' });
    const { id } = await scene.store();
    expect(await reconcileOnce(scene.deps)).toEqual({ ...NOTHING, failed: 1, restored: 1 });
    expect(await scene.state(id)).toBe('waiting');
    expect(await scene.state('no-uuid')).toBe('failed');
    expect(scene.logged.join()).toContain('no-uuid');
    expect(await reconcileOnce(scene.deps)).toEqual(NOTHING);
  });

  test('enqueues every queued session again after Redis lost all data', async ({ scene }) => {
    const plain = await scene.store();
    const urgent = await scene.store({ priority: 3 });
    const later = await scene.store({ not_before: inAnHour() });
    const parent = await scene.store(makeCompletedSession());
    const child = await scene.store(makeChild(parent));
    const busy = await scene.store({ status: 'running', lease: held });
    const waiting = await scene.store(makeChild(busy, { waiting_for: 'parent' }));
    await scene.loseAll();
    expect(await reconcileOnce(scene.deps)).toEqual({ ...NOTHING, restored: 4 });
    expect(await scene.state(plain.id)).toBe('waiting');
    expect(await scene.state(urgent.id)).toBe('prioritized');
    expect(await scene.state(later.id)).toBe('delayed');
    expect((await scene.queue.bull.getJob(child.id))?.name).toBe('continue');
    expect(await scene.state(waiting.id)).toBe('unknown');
    expect(await scene.state(parent.id)).toBe('unknown');
    expect(await reconcileOnce(scene.deps)).toEqual(NOTHING);
  });

  test('enqueues sessions whose lease has expired, but no session with a valid lease', async ({
    scene,
  }) => {
    const lost = [
      await scene.store({ status: 'starting', lease: expired }),
      await scene.store({ status: 'running', lease: expired }),
    ];
    const running = await scene.store({ status: 'running', lease: held });
    expect(await reconcileOnce(scene.deps)).toEqual({ ...NOTHING, restored: 2 });
    for (const { id } of lost) expect(await scene.state(id)).toBe('waiting');
    expect(await scene.state(running.id)).toBe('unknown');
  });

  test('leaves a session alone while a worker processes its job', async ({ scene }) => {
    const session = await scene.store({ status: 'running', lease: expired });
    await scene.queue.add(makeLaunchJob({ id: session.id }));
    const done = Promise.withResolvers<void>();
    const worker = new Worker('sessions', () => done.promise, {
      connection: { url: redisUrl() },
      prefix: scene.queue.bull.opts.prefix ?? '',
    });
    onTestFinished(async () => {
      done.resolve();
      await worker.close();
    });
    await untilPasses(async () => expect(await scene.state(session.id)).toBe('active'));
    expect(await reconcileOnce(scene.deps)).toEqual(NOTHING);
    done.resolve();
    // The job has finished but the session has not: the finished job is replaced by a new one.
    await untilPasses(async () => expect(await scene.state(session.id)).toBe('completed'));
    await scene.queue.bull.pause();
    expect(await reconcileOnce(scene.deps)).toEqual({ ...NOTHING, restored: 1 });
    expect(await scene.state(session.id)).toBe('waiting');
  });

  test('drops the jobs of sessions that have ended', async ({ scene }) => {
    const ended = [];
    for (const status of ['completed', 'failed', 'cancelled'] as const) {
      ended.push(await scene.store({ status }));
    }
    for (const { id } of ended) await scene.queue.add(makeLaunchJob({ id }));
    expect(await reconcileOnce(scene.deps)).toEqual({ ...NOTHING, dropped: 3 });
    for (const { id } of ended) expect(await scene.state(id)).toBe('unknown');
  });

  test('gives each session one job even if several rounds run at once', async ({ scenes }) => {
    const [first, second, third] = scenes(3);
    if (!first || !second || !third) throw new Error('expected three scenes');
    const ids = [];
    for (let n = 0; n < 20; n += 1) ids.push((await first.store()).id);
    await Promise.all([first, second, third].map(({ deps }) => reconcileOnce(deps)));
    const jobs = await first.queue.bull.getJobs(['wait']);
    expect(jobs.map(({ id }) => id).sort()).toEqual(ids.sort());
  });
});

describe('the reconciler of a worker', () => {
  test('runs when the worker starts, waits while another worker holds the lease, and takes over when that worker stops', async ({
    scenes,
  }) => {
    const [first, second] = scenes(2);
    if (!first || !second) throw new Error('expected two scenes');
    const { id } = await first.store();
    const [stopFirst, stopSecond] = [new AbortController(), new AbortController()];
    onTestFinished(() => stopSecond.abort());
    startMaintenance(reconcilerTasks(first.deps), first.deps, stopFirst.signal);
    await untilPasses(async () => expect(await first.state(id)).toBe('waiting'));
    startMaintenance(reconcilerTasks(second.deps), second.deps, stopSecond.signal);
    const other = await first.store();
    expect(await second.deps.lease.acquire(1)).toBe(false);
    expect(await second.state(other.id)).toBe('unknown');
    stopFirst.abort();
    await vi.waitFor(async () => expect(await second.state(other.id)).toBe('waiting'), {
      timeout: 8_000,
    });
    // The round is logged only when all of it is done.
    await untilPasses(() => expect(second.logged.join()).toContain('reconciled'));
  });
});
