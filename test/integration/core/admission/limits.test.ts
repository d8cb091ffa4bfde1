// Limits while several processes admit sessions at once, and when a process dies during an
// admission.
import {
  createSessionServices,
  createStores,
  idOfKey,
  isAppError,
  newId,
} from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { untilPasses } from '../../../support/wait.ts';
import { launch, type Process, test, wait } from './limits-scene.ts';

describe('if several processes release sessions at once, sessions that wait for a budget', () => {
  test('count once each toward the limits, and each released session has its slot', async ({
    limits,
    stores,
  }) => {
    const { processes, put, holders } = limits;
    for (let round = 0; round < 4; round += 1) {
      const tag = newId();
      await put(tag, { max_sessions_at_once: 0 });
      const ids: string[] = [];
      for (let n = 0; n < 6; n += 1) ids.push((await launch(processes[0], [tag], wait)).id);
      await put(tag, { max_sessions_at_once: 100, max_sessions_per_minute: 4 });
      const ended = { id: newId(), limits: [`tag:${tag}`] };
      await Promise.all(processes.map(({ admission }) => admission.releaseAfter(ended)));
      const admitted = (await stores.sessions.getMany(ids)).filter((one) => !one.waiting_for);
      expect(admitted.map(({ id }) => id)).toEqual(ids.slice(0, 4));
      expect((await holders(tag)).toSorted()).toEqual(ids.slice(0, 4).toSorted());
    }
  });

  test('never exceed the limit, and all of them run in the end', async ({ limits, stores }) => {
    const { processes, put, finish } = limits;
    const [narrow, wide] = [newId(), newId()];
    await put(narrow, { max_sessions_at_once: 2 });
    await put(wide, { max_sessions_at_once: 3 });
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        launch(processes[n % 2 === 0 ? 0 : 1], n % 3 === 0 ? [wide] : [narrow, wide], wait),
      ),
    );
    const ids = all.map(({ id }) => id);
    for (let left = ids.length; left > 0; ) {
      const running = (await stores.sessions.getMany(ids)).filter(
        ({ status, waiting_for }) => status === 'queued' && !waiting_for,
      );
      expect(running.length).toBeGreaterThan(0);
      expect(running.length).toBeLessThanOrEqual(3);
      expect(running.filter(({ tags }) => tags?.includes(narrow)).length).toBeLessThanOrEqual(2);
      await Promise.all(running.map(({ id }) => finish(id)));
      await processes[2].admission.repair();
      left -= running.length;
    }
    expect(await limits.holders(wide)).toEqual([]);
  });

  test('are released even if a process died while it admitted one of them', async ({
    limits,
    db,
  }) => {
    const { processes, put, holders } = limits;
    const tag = newId();
    await put(tag, { max_sessions_at_once: 0 });
    const { id } = await launch(processes[0], [tag], wait);
    await put(tag, { max_sessions_at_once: 1 });
    // A process began the admission, took the slot and died.
    await limits.set(id, { passing: { token: newId(), at: new Date(Date.now() - 60_000) } });
    await db
      .collection<{ _id: string; holders: string[] }>('limit_slots')
      .insertOne({ _id: `tag:${tag}`, holders: [id] });
    await processes[1].admission.repair();
    expect(await limits.states([id])).toEqual(['queued']);
    expect(await holders(tag)).toEqual([id]);
    const session = await db.collection<{ _id: string }>('sessions').findOne({ _id: id });
    expect(session).not.toHaveProperty('passing');
  });
});

describe('one idempotency key used by several callers at once under a limit', () => {
  const isRefused = (reason: unknown) => isAppError(reason) && reason.code === 'LIMIT_EXCEEDED';

  test('makes one session for all callers if there is room for one session', async ({
    limits,
    stores,
    db,
    queue,
  }) => {
    const { processes, put } = limits;
    const { clock } = stores;
    // A slow process, which the others overtake at each step.
    const slowClock = {
      now: () => new Promise<Date>((done) => setTimeout(() => done(clock.now()), 60)),
    };
    const slow = createSessionServices({
      stores: createStores(db, slowClock),
      clock: slowClock,
      queue,
    });
    for (const caps of [{ max_sessions_per_minute: 1 }, { max_sessions_at_once: 1 }]) {
      for (let round = 0; round < 3; round += 1) {
        const tag = newId();
        await put(tag, caps);
        const options = { idempotency_key: newId() };
        const made = await Promise.all(
          [slow, ...processes].map((one) => launch(one, [tag], options)),
        );
        expect(new Set(made.map(({ id }) => id)).size).toBe(1);
        const id = made[0]?.id ?? '';
        expect(await limits.states([id])).toEqual(['queued']);
        expect(await queue.find(id)).not.toBeNull();
      }
    }
  });

  test('is never accepted without a stored session', async ({ limits, stores }) => {
    const { processes, put } = limits;
    const [one, two, three] = processes;
    for (let round = 0; round < 20; round += 1) {
      const tag = newId();
      await put(tag, { max_sessions_at_once: 1 });
      const options = { idempotency_key: newId() };
      const many = async (process: Process) => {
        const config = { query: 'q' };
        const [verdict] = await process.manager.acceptance.launchMany([
          { config, options: { tags: [tag], ...options } },
        ]);
        if (!verdict || 'error' in verdict) throw verdict?.error;
        return verdict.session;
      };
      const asked = await Promise.allSettled([
        launch(one, [tag]),
        launch(one, [tag], options),
        launch(two, [tag], options),
        launch(three, [tag], options),
        many(two),
        many(three),
      ]);
      for (const answer of asked) {
        if (answer.status === 'rejected') expect(answer.reason).toSatisfy(isRefused);
        else {
          const { id, waiting_for } = (await stores.sessions.get(answer.value.id)) ?? {};
          expect({ id, waiting_for }).toEqual({ id: answer.value.id, waiting_for: undefined });
        }
      }
      expect(await limits.holders(tag)).toHaveLength(1);
    }
  });

  test('is refused for all callers if another session takes the last slot in the meantime', async ({
    limits,
    stores,
    db,
    queue,
  }) => {
    const { processes, put } = limits;
    const { clock, sessions } = stores;
    const tag = newId();
    await put(tag, { max_sessions_at_once: 1, max_usd_per_day: 100 });
    const idempotency_key = newId();
    const id = idOfKey('default', idempotency_key);
    // After its session is stored, this process waits until the others are done.
    const others = Promise.withResolvers<void>();
    const stopping = {
      async now() {
        if (await sessions.get(id)) await others.promise;
        return clock.now();
      },
    };
    const slow = createSessionServices({
      stores: createStores(db, stopping),
      clock: stopping,
      queue,
    });
    const first = launch(slow, [tag], { idempotency_key });
    const both = [first];
    await untilPasses(async () => expect(await sessions.get(id)).not.toBeNull());
    await launch(processes[0], [tag]);
    both.push(launch(processes[1], [tag], { idempotency_key }));
    both.at(-1)?.then(
      () => others.resolve(),
      () => others.resolve(),
    );
    for (const one of await Promise.allSettled(both)) {
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'LIMIT_EXCEEDED' } });
    }
    expect(await sessions.get(id)).toBeNull();
    expect(await limits.holders(tag)).toHaveLength(1);
  });

  test('is refused, and its session is removed, if the first process died before the refusal', async ({
    limits,
    stores,
  }) => {
    const { processes, put } = limits;
    const tag = newId();
    await put(tag, { max_sessions_at_once: 1 });
    const options = { idempotency_key: newId() };
    const { id } = await launch(processes[0], [tag], options);
    await put(tag, { max_sessions_at_once: 0 });
    await limits.set(id, { waiting_for: 'budget' });
    await expect(launch(processes[1], [tag], options)).rejects.toSatisfy(isRefused);
    expect(await stores.sessions.get(id)).toBeNull();
  });
});
