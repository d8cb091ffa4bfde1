// The session that a firing launches, and the fields that the firing sets on the schedule.
import {
  createOperatorLimits,
  firedSessionId,
  type ScheduleStore,
  type SessionManager,
} from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { fire } from '../../../../apps/worker/src/schedules/fire.ts';
import { uniqueName } from '../../../support/services.ts';
import { untilPasses } from '../../../support/wait.ts';
import { launch, launched, log, test, YEARLY } from './schedule-scene.ts';

const NOON = new Date('2026-06-01T12:00:00Z');
const ONE = new Date('2026-06-01T13:00:00Z');
const TWO = new Date('2026-06-01T14:00:00Z');

describe('a firing', () => {
  test('launches a session with its schedule’s id, and launches the same session if it is repeated', async ({
    scene,
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
    expect(await scene.queue.bull.getJobState(id)).toBe('waiting');
    expect(await scene.verbs.get(schedule.id)).toMatchObject({
      last_fired_at: NOON,
      last_session_id: id,
    });
  });

  test('that crashed before its launch still launches the recorded session when it is repeated', async ({
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

  test('is skipped while the last session runs, and the schedule shows that', async ({ scene }) => {
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

  test('is skipped while an earlier firing is about to launch, until that firing counts as dead', async ({
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
    await untilPasses(async () =>
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

  test('launches no second session if the next firing comes at the same moment and may not overlap', async ({
    scene,
  }) => {
    const schedule = await scene.verbs.create(YEARLY);
    const both = Promise.withResolvers<void>();
    let read = 0;
    // Both firings read the schedule before either writes to it.
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

  test('with overlap enqueue launches a session that waits for the last session', async ({
    scene,
  }) => {
    const schedule = await scene.verbs.create({ ...YEARLY, overlap: 'enqueue' });
    const deps = { ...scene, log };
    expect(await fire(deps, schedule.id, NOON)).toBe('launched');
    expect(await fire(deps, schedule.id, ONE)).toBe('launched');
    expect(await fire(deps, schedule.id, ONE)).toBe('launched');
    const [first, second] = await launched(scene, schedule);
    expect(await scene.queue.bull.getJobState(first ?? '')).toBe('waiting');
    expect(await scene.manager.getSession(second ?? '')).toMatchObject({
      status: 'queued',
      waiting_for: 'concurrency_key',
      concurrency_key: `schedule:${schedule.id}`,
    });
    expect(await scene.queue.bull.getJobState(second ?? '')).toBe('unknown');
    expect(await launched(scene, schedule)).toHaveLength(2);
  });

  test('of a schedule that was removed, was disabled or already fired for a later time does nothing', async ({
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

  test('whose launch is refused leaves the error on the schedule until a firing succeeds', async ({
    scene,
    db,
  }) => {
    const schedule = await scene.verbs.create(YEARLY);
    // A later version of Baton may refuse a launch that an earlier version accepted.
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

  test('of a schedule whose key was revoked is refused, and disables the schedule until another key enables it', async ({
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

  test('is refused if the schedule’s key does not exist, and launches if no key is needed', async ({
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

  test('that a limit refuses keeps the last launched session on the schedule', async ({
    scene,
    stores,
  }) => {
    const tag = uniqueName('tag');
    await createOperatorLimits({ stores, clock: stores.clock }).put('tag', tag, {
      max_sessions_at_once: 1,
    });
    const schedule = await scene.verbs.create({ ...YEARLY, launch: { ...launch, tags: [tag] } });
    const deps = { ...scene, log };
    expect(await fire(deps, schedule.id, NOON)).toBe('launched');
    const [first] = await launched(scene, schedule);
    // The slot of the ended session is not freed, because the admission is not notified of its end.
    await scene.end(first ?? '');
    expect(await fire(deps, schedule.id, ONE)).toBe('refused');
    // The same firing again, as after a crash of the process that had written the refusal.
    expect(await fire(deps, schedule.id, ONE)).toBe('refused');
    const refused = await scene.verbs.get(schedule.id);
    expect(refused.last_error).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining(`tag:${tag}`),
    });
    expect(refused).toMatchObject({ last_fired_at: NOON, last_session_id: first });
    expect(await launched(scene, schedule)).toEqual([first]);
  });

  test('that is repeated after a crash and then refused takes its session off the schedule', async ({
    scene,
    stores,
  }) => {
    const tag = uniqueName('tag');
    await createOperatorLimits({ stores, clock: stores.clock }).put('tag', tag, {
      max_usd_per_day: 0,
    });
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
