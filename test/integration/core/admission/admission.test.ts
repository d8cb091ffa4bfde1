// When sessions of one concurrency key are released, and how a crash at each step is repaired.
import { createAdopter, newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeContinueJob, makeLaunchJob, makeSession } from '../../../support/factories.ts';
import { test, WAITS } from './admission-scene.ts';

const inAnHour = () => ({ delay_ms: 3_600_000 });

describe('sessions of one concurrency key', () => {
  test('run one at a time, in the order in which they were launched', async ({ scene }) => {
    const key = newId();
    const ids = [await scene.launch(key), await scene.launch(key), await scene.launch(key)];
    const [first = '', second = '', third = ''] = ids;
    expect(await scene.states(ids)).toEqual(['waiting', WAITS, WAITS]);
    expect(await scene.holders(key)).toEqual([first]);
    await scene.finish(first);
    expect(await scene.states(ids)).toEqual(['completed', 'waiting', WAITS]);
    expect(await scene.holders(key)).toEqual([second]);
    await scene.finish(second);
    await scene.finish(third);
    expect(await scene.states(ids)).toEqual(['completed', 'completed', 'completed']);
    expect(await scene.holders(key)).toBeUndefined();
  });

  test.for(['created_at', 'not_before'])(
    'are released even if an earlier session fails because its document has a bad %s',
    async (field, { scene, db }) => {
      const key = newId();
      const ids = [await scene.launch(key), await scene.launch(key), await scene.launch(key)];
      const [first = '', second = '', third = ''] = ids;
      const raw = db.collection<{ _id: string }>('sessions');
      await raw.updateOne({ _id: second }, { $set: { [field]: 'soon' } });
      await scene.finish(first).catch(() => {});
      await expect(scene.admission.repair()).resolves.toBeTypeOf('number');
      expect(await raw.findOne({ _id: second })).toMatchObject({
        status: 'failed',
        failure: { code: 'INTERNAL' },
      });
      expect(await scene.states([third])).toEqual(['waiting']);
      expect(await scene.holders(key)).toEqual([third]);
      expect(await scene.session(second)).toMatchObject({ status: 'failed' });
    },
  );

  test('show what they wait for, and their key', async ({ scene }) => {
    const key = newId();
    await scene.launch(key);
    const info = await scene.manager.getSessionInfo(await scene.launch(key));
    expect(info).toMatchObject({ status: 'queued', waiting_for: WAITS, concurrency_key: key });
  });

  test('never exceed their limit when many start and end at once', async ({ scene, stores }) => {
    const key = newId();
    const options = { concurrency_limit: 3 };
    const ids = await Promise.all(Array.from({ length: 30 }, () => scene.launch(key, options)));
    const done = new Set<string>();
    while (done.size < ids.length) {
      const states = await scene.states(ids);
      const under = ids.filter((_, n) => states[n] === 'waiting');
      expect(under).toHaveLength(Math.min(3, ids.length - done.size));
      expect((await scene.holders(key))?.sort()).toEqual([...under].sort());
      await Promise.all(under.map(scene.finish));
      for (const id of under) done.add(id);
    }
    expect((await stores.sessions.getMany(ids)).every((one) => one.status === 'completed')).toBe(
      true,
    );
  });

  test('do not delay sessions of another key', async ({ scene }) => {
    const noisy = newId();
    const many = await scene.manager.acceptance.launchMany(
      Array.from({ length: 300 }, () => ({
        config: { query: 'q' },
        options: { concurrency_key: noisy, concurrency_limit: 2 },
      })),
    );
    const ids = many.map((one) => ('session' in one ? one.session.id : ''));
    const states = await scene.states(ids);
    expect(states.filter((state) => state === 'waiting')).toHaveLength(2);
    expect(states.filter((state) => state === WAITS)).toHaveLength(298);
    const other = await scene.launch(newId());
    expect(await scene.states([other])).toEqual(['waiting']);
  });

  test('keep their slot while they wait for a retry', async ({ scene }) => {
    const key = newId();
    const [first, second] = [await scene.launch(key), await scene.launch(key)];
    await scene.set(first, { status: 'queued', not_before: new Date(Date.now() + 60_000) });
    await scene.admission.repair();
    expect(await scene.states([second])).toEqual([WAITS]);
    expect(await scene.holders(key)).toEqual([first]);
  });

  test('take no slot before their start time, and then wait in order', async ({ scene }) => {
    const key = newId();
    const later = await scene.launch(key, inAnHour());
    const now = await scene.launch(key);
    expect(await scene.states([later, now])).toEqual(['delayed', 'waiting']);
    expect(await scene.admission.advance(await scene.session(later))).not.toHaveProperty(
      'waiting_for',
    );
    // The start time comes while another session has the slot, so the session waits for the key.
    await scene.set(later, { not_before: new Date(Date.now() - 1_000) });
    expect(await scene.admission.advance(await scene.session(later))).toMatchObject({
      waiting_for: WAITS,
    });
    await scene.finish(now);
    expect(await scene.session(later)).not.toHaveProperty('waiting_for');
    expect(await scene.holders(key)).toEqual([later]);
    expect(await scene.admission.advance(await scene.session(later))).not.toHaveProperty(
      'waiting_for',
    );
  });

  test('never run if they are cancelled while they wait, and the next sessions are released', async ({
    scene,
  }) => {
    const key = newId();
    const ids = [await scene.launch(key), await scene.launch(key), await scene.launch(key)];
    const [first = '', second = ''] = ids;
    expect(await scene.stop.cancelSession(second)).toMatchObject({ status: 'cancelled' });
    expect(await scene.stop.interruptSession(first)).toMatchObject({ status: 'cancelled' });
    expect(await scene.states(ids)).toEqual(['cancelled', 'cancelled', 'waiting']);
  });

  test('are not launched twice by one idempotency key while they wait', async ({ scene }) => {
    const key = newId();
    await scene.launch(key);
    const options = { concurrency_key: key, idempotency_key: newId() };
    const first = await scene.manager.acceptance.launch({ query: 'q' }, options);
    const second = await scene.manager.acceptance.launch({ query: 'q' }, options);
    expect(second).toEqual({ ...first, replayed: true });
    expect(await scene.states([first.session.id])).toEqual([WAITS]);
  });

  test('wait for their key after their adoption if they were put straight into the queue', async ({
    scene,
    stores,
    queue,
  }) => {
    const key = newId();
    await scene.launch(key);
    const job = makeLaunchJob({ concurrency_key: key });
    await queue.add(job);
    const adopted = await createAdopter(stores, queue.find).find(job.id);
    expect(adopted).toMatchObject({ waiting_for: WAITS });
    const claimant = { worker_id: 'w', host: 'h', leaseMs: 1_000 };
    expect(await stores.claims.claim(job.id, claimant)).toMatchObject({ kind: 'waiting' });
  });
});

describe('after a crash, the reconciler’s repair', () => {
  test('frees the slots of ended and of deleted sessions', async ({ scene, db }) => {
    const key = newId();
    const ids = [await scene.launch(key), await scene.launch(key), await scene.launch(key)];
    const [first = '', second = '', third = ''] = ids;
    await scene.die(first);
    expect(await scene.states([second])).toEqual([WAITS]);
    expect(await scene.admission.repair()).toBe(1);
    expect(await scene.states([second])).toEqual(['waiting']);
    await db.collection<{ _id: string }>('sessions').deleteOne({ _id: second });
    expect(await scene.admission.repair()).toBe(1);
    expect(await scene.states([third])).toEqual(['waiting']);
    expect(await scene.admission.repair()).toBe(0);
  });

  test('releases a session that was stored but never admitted', async ({ scene, stores }) => {
    const key = newId();
    const session = makeSession({ concurrency_key: key, waiting_for: 'concurrency_key' });
    await stores.sessions.insertIfAbsent(session);
    expect(await scene.admission.repair()).toBe(1);
    expect(await scene.states([session.id])).toEqual(['waiting']);
  });

  test('releases a session that got its slot but no job', async ({ scene, stores, db }) => {
    const key = newId();
    const session = makeSession({ concurrency_key: key, waiting_for: 'concurrency_key' });
    await stores.sessions.insertIfAbsent(session);
    await db
      .collection<{ _id: string; holders: string[] }>('concurrency')
      .insertOne({ _id: key, holders: [session.id] });
    expect(await scene.admission.repair()).toBe(1);
    expect(await scene.states([session.id])).toEqual(['waiting']);
    expect(await scene.holders(key)).toEqual([session.id]);
  });

  test('releases a continue of an ended parent, or fails the continue if the parent has no transcript', async ({
    scene,
    stores,
  }) => {
    const parents = [makeSession({ status: 'running' }), makeSession({ status: 'running' })];
    for (const parent of parents) await stores.sessions.insertIfAbsent(parent);
    const [good = '', bad = ''] = parents.map(({ id }) => id);
    const children = [await scene.behind(good), await scene.behind(bad)];
    await scene.die(good);
    await scene.set(bad, { status: 'failed' });
    expect(await scene.states(children)).toEqual(['parent', 'parent']);
    expect(await scene.admission.repair()).toBe(2);
    expect(await scene.states(children)).toEqual(['waiting', 'failed']);
  });

  test('interrupts the parent of a continue whose on_busy is interrupt', async ({
    scene,
    stores,
    queue,
  }) => {
    const lease = { fence: 1, owner: 'w', expires_at: new Date(Date.now() + 60_000) };
    const parent = makeSession({ status: 'running', lease });
    await stores.sessions.insertIfAbsent(parent);
    const job = makeContinueJob(parent.id, { on_busy: 'interrupt' });
    await createAdopter(stores, queue.find).adopt({
      id: job.id,
      data: job,
      timestamp: Date.now(),
    });
    await scene.admission.repair();
    expect(await stores.sessions.get(parent.id)).toHaveProperty('interrupt_requested_at');
  });
});
