// Schedules in Redis and MongoDB, and what their firings launch.
import {
  createAdmission,
  createKeyStore,
  createLimitBook,
  createLogger,
  createSessionManager,
  firedSessionId,
  type KeyStore,
  type OpenSchedules,
  openSchedules,
  openWorkerRedis,
  type Schedule,
  type ScheduleStore,
  type SessionManager,
  type StoreClock,
} from '@baton/core';
import { Queue } from 'bullmq';
import type { Db } from 'mongodb';
import { describe, expect, vi } from 'vitest';
import { fire } from '../../../apps/worker/src/schedules/fire.ts';
import { openWorkerSchedules } from '../../../apps/worker/src/schedules/open.ts';
import { redisUrl, uniqueName } from '../../support/services.ts';
import { test as base } from '../core/stores.ts';

const log = createLogger('worker', 'silent');

const launch = { query: 'tidy up', env: { TOKEN: 's3cret-value' }, tags: ['nightly'] };
const YEARLY = { cron: '0 0 1 1 *', overlap: 'skip', enabled: true, launch } as const;

interface Scene extends OpenSchedules {
  manager: SessionManager;
  clock: StoreClock;
  keys: KeyStore;
  bull: Queue;
  /** Starts a process's firings. */
  run(): void;
  end(id: string): Promise<void>;
}

const test = base.extend<{ scene: Scene }>({
  scene: async ({ db, stores, queue }, use) => {
    const prefix = uniqueName('queue');
    const connection = redisUrl();
    const { clock, sessions } = stores;
    await db.collection('schedules').deleteMany({});
    const schedules = openSchedules({ db, clock, connection, prefix });
    const manager = createSessionManager({
      queue,
      sessions,
      admission: createAdmission({ db, clock, queue }),
    });
    const bull = new Queue('schedules', { connection: { url: connection }, prefix });
    const opened: (() => Promise<void>)[] = [];
    await use({
      ...schedules,
      manager,
      clock,
      keys: createKeyStore(db),
      bull,
      run() {
        const redis = openWorkerRedis(connection);
        const worker = openWorkerSchedules(
          { REDIS_URL: connection, QUEUE_PREFIX: prefix },
          { db, clock, manager, connection: redis, log },
        );
        worker.start();
        opened.push(async () => {
          await worker.close();
          redis.disconnect();
        });
      },
      async end(id) {
        await raw(db).updateOne({ _id: id }, { $set: { status: 'completed' } });
      },
    });
    for (const close of opened) await close();
    await bull.obliterate({ force: true });
    await bull.close();
    await schedules.close();
  },
});

const raw = (db: Db) => db.collection<{ _id: string; status: string }>('sessions');

async function launched({ manager }: Scene, { id }: Schedule): Promise<string[]> {
  const { sessions } = await manager.listSessions({ schedule_id: id });
  return sessions.map((session) => session.id).reverse();
}

const NOON = new Date('2026-06-01T12:00:00Z');
const ONE = new Date('2026-06-01T13:00:00Z');
const TWO = new Date('2026-06-01T14:00:00Z');

describe('a firing', () => {
  test('launches a session that names its schedule; told again, it is the same one', async ({
    scene,
    queue,
  }) => {
    const schedule = await scene.verbs.create(YEARLY);
    const id = firedSessionId(schedule.id, NOON);
    const deps = { ...scene, log };
    expect(await fire(deps, schedule.id, NOON)).toBe('launched');
    expect(await fire(deps, schedule.id, NOON)).toBe('launched');
    expect(await launched(scene, schedule)).toEqual([id]);
    expect(await scene.manager.getSession(id)).toMatchObject({
      status: 'queued',
      query: 'tidy up',
      tags: ['nightly'],
      schedule_id: schedule.id,
      config: { env: { TOKEN: 's3cret-value' } },
    });
    expect(await queue.bull.getJobState(id)).toBe('waiting');
    expect(await scene.verbs.get(schedule.id)).toMatchObject({
      last_fired_at: NOON,
      last_session_id: id,
    });
  });

  test('that died before its launch is told again, and launches what it had noted', async ({
    scene,
  }) => {
    const schedule = await scene.verbs.create(YEARLY);
    const dies = {
      ...scene,
      log,
      manager: { ...scene.manager, launchSession: () => Promise.reject(new Error('killed here')) },
    };
    await expect(fire(dies, schedule.id, NOON)).rejects.toThrow('killed here');
    expect(await launched(scene, schedule)).toEqual([]);
    expect(await fire({ ...scene, log }, schedule.id, NOON)).toBe('launched');
    expect(await launched(scene, schedule)).toEqual([firedSessionId(schedule.id, NOON)]);
  });

  test('while the last session runs is skipped, and says so on the schedule', async ({ scene }) => {
    const schedule = await scene.verbs.create(YEARLY);
    const deps = { ...scene, log };
    await fire(deps, schedule.id, NOON);
    expect(await fire(deps, schedule.id, ONE)).toBe('skipped');
    expect(await scene.verbs.get(schedule.id)).toMatchObject({
      last_fired_at: NOON,
      last_skipped_at: ONE,
    });
    const [first] = await launched(scene, schedule);
    await scene.end(first ?? '');
    expect(await fire(deps, schedule.id, TWO)).toBe('launched');
    expect(await launched(scene, schedule)).toHaveLength(2);
  });

  test('while the last one is about to launch is skipped, until that one must have died', async ({
    scene,
    db,
  }) => {
    const schedule = await scene.verbs.create(YEARLY);
    const deps = { ...scene, log };
    const held = Promise.withResolvers<void>();
    const slow = {
      ...deps,
      manager: {
        ...scene.manager,
        async launchSession(...asked: Parameters<SessionManager['launchSession']>) {
          await held.promise;
          return scene.manager.launchSession(...asked);
        },
      },
    };
    const first = fire(slow, schedule.id, NOON);
    await vi.waitFor(async () =>
      expect(await scene.verbs.get(schedule.id)).toHaveProperty('last_session_id'),
    );
    expect(await fire(deps, schedule.id, ONE)).toBe('skipped');
    held.resolve();
    expect(await first).toBe('launched');
    expect(await launched(scene, schedule)).toHaveLength(1);

    const dead = await scene.verbs.create(YEARLY);
    const dies = {
      ...scene.manager,
      launchSession: () => Promise.reject(new Error('killed here')),
    };
    await expect(fire({ ...deps, manager: dies }, dead.id, NOON)).rejects.toThrow('killed here');
    expect(await fire(deps, dead.id, ONE)).toBe('skipped');
    await db
      .collection<{ _id: string }>('schedules')
      .updateOne({ _id: dead.id }, { $set: { 'noted.at': new Date(Date.now() - 60_000) } });
    expect(await fire(deps, dead.id, TWO)).toBe('launched');
    expect(await launched(scene, dead)).toEqual([firedSessionId(dead.id, TWO)]);
  });

  test('that is told at one moment with the next launches one session, if they may not overlap', async ({
    scene,
  }) => {
    const schedule = await scene.verbs.create(YEARLY);
    const both = Promise.withResolvers<void>();
    let read = 0;
    // Both have read the schedule before either notes anything.
    const store: ScheduleStore = {
      ...scene.store,
      async get(id) {
        const found = await scene.store.get(id);
        read += 1;
        if (read === 2) both.resolve();
        await both.promise;
        return found;
      },
    };
    const deps = { ...scene, log, store };
    const fired = await Promise.all([fire(deps, schedule.id, NOON), fire(deps, schedule.id, ONE)]);
    expect(fired.filter((end) => end === 'launched')).toHaveLength(1);
    expect(await launched(scene, schedule)).toHaveLength(1);
  });

  test('that enqueues launches a session which waits behind the last', async ({ scene, queue }) => {
    const schedule = await scene.verbs.create({ ...YEARLY, overlap: 'enqueue' });
    const deps = { ...scene, log };
    expect(await fire(deps, schedule.id, NOON)).toBe('launched');
    expect(await fire(deps, schedule.id, ONE)).toBe('launched');
    expect(await fire(deps, schedule.id, ONE)).toBe('launched');
    const [first, second] = await launched(scene, schedule);
    expect(await queue.bull.getJobState(first ?? '')).toBe('waiting');
    expect(await scene.manager.getSession(second ?? '')).toMatchObject({
      status: 'queued',
      waiting_for: 'concurrency_key',
      concurrency_key: `schedule:${schedule.id}`,
    });
    expect(await queue.bull.getJobState(second ?? '')).toBe('unknown');
    expect(await launched(scene, schedule)).toHaveLength(2);
  });

  test('of a schedule that is gone, rests, or fired later already does nothing', async ({
    scene,
  }) => {
    const schedule = await scene.verbs.create({ ...YEARLY, overlap: 'enqueue' });
    const deps = { ...scene, log };
    await fire(deps, schedule.id, ONE);
    expect(await fire(deps, schedule.id, NOON)).toBe('void');
    await scene.verbs.change(schedule.id, { enabled: false });
    expect(await fire(deps, schedule.id, TWO)).toBe('void');
    await scene.verbs.remove(schedule.id);
    expect(await fire(deps, schedule.id, TWO)).toBe('void');
    expect(await launched(scene, schedule)).toHaveLength(1);
  });

  test('whose launch is refused says why on the schedule, until the next one is not', async ({
    scene,
    db,
  }) => {
    const schedule = await scene.verbs.create(YEARLY);
    // A later version may refuse what an earlier one took.
    await db
      .collection<{ _id: string }>('schedules')
      .updateOne({ _id: schedule.id }, { $set: { launch: '{"query":""}' } });
    expect(await fire({ ...scene, log }, schedule.id, NOON)).toBe('refused');
    const refused = await scene.verbs.get(schedule.id);
    expect(refused).toMatchObject({ last_error: { code: 'INVALID_REQUEST' } });
    expect(refused).not.toHaveProperty('last_session_id');
    await scene.verbs.change(schedule.id, { launch });
    await fire({ ...scene, log }, schedule.id, ONE);
    expect(await scene.verbs.get(schedule.id)).not.toHaveProperty('last_error');
  });

  test('of a key that was revoked is refused, and the schedule rests until another key enables it', async ({
    scene,
  }) => {
    const { key: old } = await scene.keys.create({ name: 'o', tenant: 'default', scope: 'write' });
    const { key } = await scene.keys.create({ name: 'n', tenant: 'default', scope: 'write' });
    const schedule = await scene.verbs.create({ ...YEARLY, overlap: 'enqueue' }, old.id);
    const deps = { ...scene, log };
    expect(await fire(deps, schedule.id, NOON)).toBe('launched');
    await scene.keys.revoke(old.id);
    expect(await fire(deps, schedule.id, ONE)).toBe('refused');
    expect(await scene.verbs.get(schedule.id)).toMatchObject({
      enabled: false,
      last_error: { code: 'FORBIDDEN', message: expect.stringContaining(old.id) },
      last_fired_at: NOON,
      last_session_id: firedSessionId(schedule.id, NOON),
    });
    expect(await scene.verbs.reconcile()).toBe(1);
    expect(await scene.bull.getJobSchedulersCount()).toBe(0);
    expect(await fire(deps, schedule.id, ONE)).toBe('void');

    await scene.verbs.change(schedule.id, { title: 'Whose?' }, key.id);
    expect(await fire(deps, schedule.id, ONE)).toBe('void');
    await scene.verbs.change(schedule.id, { enabled: true }, key.id);
    expect(await fire(deps, schedule.id, TWO)).toBe('launched');
    expect(await scene.verbs.get(schedule.id)).not.toHaveProperty('last_error');
    const ids = [NOON, TWO].map((time) => firedSessionId(schedule.id, time));
    expect(await launched(scene, schedule)).toEqual(ids);
    const sessions = await Promise.all(ids.map((id) => scene.manager.getSession(id)));
    expect(sessions.map(({ api_key_id }) => api_key_id)).toEqual([old.id, key.id]);
  });

  test('of a key that is not there is refused, and of a schedule that was enabled without a key launches', async ({
    scene,
  }) => {
    const schedule = await scene.verbs.create(YEARLY, 'ffffffffffffffff');
    const deps = { ...scene, log };
    expect(await fire(deps, schedule.id, NOON)).toBe('refused');
    await scene.verbs.change(schedule.id, { enabled: true });
    expect(await fire(deps, schedule.id, ONE)).toBe('launched');
    const [id] = await launched(scene, schedule);
    expect(await scene.manager.getSession(id ?? '')).not.toHaveProperty('api_key_id');
  });

  test('that a limit keeps out is refused, and the schedule tells of the last that was not', async ({
    scene,
    stores,
    db,
  }) => {
    const tag = uniqueName('tag');
    await createLimitBook({ db, clock: stores.clock }).put('tag', tag, { max_sessions_at_once: 1 });
    const schedule = await scene.verbs.create({ ...YEARLY, launch: { ...launch, tags: [tag] } });
    const deps = { ...scene, log };
    expect(await fire(deps, schedule.id, NOON)).toBe('launched');
    const [first] = await launched(scene, schedule);
    // Whose place is given back when somebody tells the admission.
    await scene.end(first ?? '');
    expect(await fire(deps, schedule.id, ONE)).toBe('refused');
    // As by the process that takes the job of one that died after it had noted the refusal.
    expect(await fire(deps, schedule.id, ONE)).toBe('refused');
    const refused = await scene.verbs.get(schedule.id);
    expect(refused.last_error).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining(`tag:${tag}`),
    });
    expect(refused).toMatchObject({ last_fired_at: NOON, last_session_id: first });
    expect(await launched(scene, schedule)).toEqual([first]);
  });

  test('that died before its launch and is refused then leaves the schedule as it was before', async ({
    scene,
    stores,
    db,
  }) => {
    const tag = uniqueName('tag');
    await createLimitBook({ db, clock: stores.clock }).put('tag', tag, { max_usd_per_day: 0 });
    const schedule = await scene.verbs.create({ ...YEARLY, launch: { ...launch, tags: [tag] } });
    const dies = {
      ...scene,
      log,
      manager: { ...scene.manager, launchSession: () => Promise.reject(new Error('killed here')) },
    };
    await expect(fire(dies, schedule.id, NOON)).rejects.toThrow('killed here');
    expect(await fire({ ...scene, log }, schedule.id, NOON)).toBe('refused');
    const refused = await scene.verbs.get(schedule.id);
    expect(refused.last_error?.code).toBe('LIMIT_EXCEEDED');
    expect(refused).not.toHaveProperty('last_fired_at');
    expect(refused).not.toHaveProperty('last_session_id');
  });
});

describe('Redis', () => {
  const next = async ({ bull }: Scene, { id }: Schedule) =>
    new Date((await bull.getJobScheduler(id))?.next ?? 0).toISOString();

  test('fires by the documents: at once when one is made, changed, rests, or is removed', async ({
    scene,
  }) => {
    const cron = { cron: '30 4 * * *', timezone: 'Asia/Tokyo' };
    const schedule = await scene.verbs.create({ ...YEARLY, ...cron });
    expect(await next(scene, schedule)).toMatch(/T19:30:00.000Z$/);
    await scene.verbs.change(schedule.id, { timezone: 'UTC' });
    expect(await next(scene, schedule)).toMatch(/T04:30:00.000Z$/);
    const every = await scene.verbs.change(schedule.id, { every_ms: 3_600_000 });
    expect(await next(scene, schedule)).toBe(
      new Date(every.anchor.getTime() + 3_600_000).toISOString(),
    );
    expect(await scene.bull.getDelayedCount()).toBe(1);
    await scene.verbs.change(schedule.id, { enabled: false });
    expect(await scene.bull.getJobSchedulersCount()).toBe(0);
    await scene.verbs.change(schedule.id, { enabled: true });
    expect(await scene.bull.getJobSchedulersCount()).toBe(1);
    await scene.verbs.remove(schedule.id);
    expect(await scene.bull.getJobSchedulersCount()).toBe(0);
    expect(await scene.bull.getDelayedCount()).toBe(0);
  });

  test('that lost everything is given the schedules again, none of which fires early', async ({
    scene,
  }) => {
    const one = await scene.verbs.create(YEARLY);
    const two = await scene.verbs.create({ ...withoutCron(), every_ms: 3_600_000 });
    const before = [await next(scene, one), await next(scene, two)];
    await scene.bull.obliterate({ force: true });
    expect(await scene.verbs.reconcile()).toBe(2);
    expect([await next(scene, one), await next(scene, two)]).toEqual(before);
    expect(await scene.bull.getWaitingCount()).toBe(0);
    expect(await scene.bull.getDelayedCount()).toBe(2);
    expect(await scene.verbs.reconcile()).toBe(0);
  });

  test('that did not hear of a change, or of an end, is told by the reconciler', async ({
    scene,
    db,
  }) => {
    const changed = await scene.verbs.create(YEARLY);
    const gone = await scene.verbs.create(YEARLY);
    const resting = await scene.verbs.create(YEARLY);
    // As an API does that dies before the second write.
    await scene.store.replace(changed, { ...YEARLY, cron: '15 6 * * *' });
    await scene.store.remove(gone.id);
    await scene.store.replace(resting, { ...YEARLY, enabled: false });
    await db
      .collection<{ _id: string }>('schedules')
      .insertOne({ ...(await document(db, changed.id)), _id: firedSessionId('made', NOON) });
    expect(await scene.verbs.reconcile()).toBe(4);
    expect(await next(scene, changed)).toMatch(/T06:15:00.000Z$/);
    expect(await scene.bull.getJobSchedulersCount()).toBe(2);
    expect(await scene.verbs.reconcile()).toBe(0);
  });

  test('that lost the next firing alone is given it again', async ({ scene }) => {
    const schedule = await scene.verbs.create({ ...withoutCron(), every_ms: 3_600_000 });
    const at = (await scene.bull.getJobScheduler(schedule.id))?.next ?? 0;
    const redis = openWorkerRedis(redisUrl());
    const job = `repeat:${schedule.id}:${at}`;
    await redis.zadd(scene.bull.toKey('repeat'), Date.now() - 60_000, schedule.id);
    await redis.zrem(scene.bull.toKey('delayed'), job);
    await redis.del(scene.bull.toKey(job));
    redis.disconnect();
    expect(await scene.verbs.reconcile()).toBe(1);
    expect(await next(scene, schedule)).toBe(new Date(at).toISOString());
    expect(await scene.verbs.reconcile()).toBe(0);
  });

  test('fires in time, again and again, and launches one session each time', async ({ scene }) => {
    scene.run();
    scene.run();
    const schedule = await scene.verbs.create({
      ...withoutCron(),
      every_ms: 1_000,
      overlap: 'enqueue',
    });
    await vi.waitFor(
      async () => expect((await launched(scene, schedule)).length).toBeGreaterThanOrEqual(3),
      { timeout: 10_000 },
    );
    await scene.verbs.remove(schedule.id);
    const times = [1, 2, 3].map((n) => new Date(schedule.anchor.getTime() + n * 1_000));
    expect((await launched(scene, schedule)).slice(0, 3)).toEqual(
      times.map((time) => firedSessionId(schedule.id, time)),
    );
  });

  test('fires once for all that was missed while no worker was there', async ({ scene }) => {
    const schedule = await scene.verbs.create({
      ...withoutCron(),
      every_ms: 1_000,
      overlap: 'enqueue',
    });
    await vi.waitUntil(() => Date.now() > schedule.anchor.getTime() + 3_200, { timeout: 6_000 });
    const before = Date.now();
    scene.run();
    await vi.waitFor(async () => expect(await launched(scene, schedule)).not.toEqual([]));
    await scene.verbs.remove(schedule.id);
    const [missed, ...later] = await launched(scene, schedule);
    expect(missed).toBe(firedSessionId(schedule.id, new Date(schedule.anchor.getTime() + 1_000)));
    const passed = Math.ceil((Date.now() - before) / 1_000);
    expect(later.length).toBeLessThanOrEqual(passed);
  });
});

function withoutCron() {
  const { cron: _cron, ...rest } = YEARLY;
  return rest;
}

async function document(db: Db, id: string): Promise<object> {
  return (await db.collection<{ _id: string }>('schedules').findOne({ _id: id })) ?? {};
}
