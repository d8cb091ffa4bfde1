// A continue that waits for its parent.
import { newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { test, WAITS } from './admission-scene.ts';

describe('a continue whose parent has not ended', () => {
  test('waits without a job and is enqueued when the parent ends', async ({ scene, stores }) => {
    const parent = await stores.sessions.insertIfAbsent(makeSession({ status: 'running' }));
    const child = await scene.behind(parent.id);
    expect(await scene.states([child])).toEqual(['parent']);
    await scene.finish(parent.id);
    expect(await scene.states([child])).toEqual(['waiting']);
  });

  test('requires the words that its parent got while it waited', async ({
    scene,
    stores,
    db,
    queue,
  }) => {
    const parent = await stores.sessions.insertIfAbsent(
      makeSession({ status: 'running', requires: ['workspaces'] }),
    );
    const child = await scene.behind(parent.id);
    const requires = ['workspaces', 'messages', 'transcript_parts'];
    await db
      .collection<{ _id: string }>('sessions')
      .updateOne({ _id: parent.id }, { $set: { requires } });
    await scene.finish(parent.id);
    const expected = { requires: ['workspaces', 'transcript_parts'] };
    expect(await stores.sessions.get(child)).toMatchObject(expected);
    expect((await queue.find(child))?.data).toMatchObject(expected);
  });

  test('may wait for a parent that also waits, and the chain is released one by one', async ({
    scene,
    stores,
  }) => {
    const parent = await stores.sessions.insertIfAbsent(makeSession({ status: 'running' }));
    const child = await scene.behind(parent.id);
    const grandchild = await scene.behind(child);
    await scene.finish(parent.id);
    expect(await scene.states([child, grandchild])).toEqual(['waiting', 'parent']);
  });

  test('fails, with all continues behind it, if the parent has no transcript', async ({
    scene,
    stores,
  }) => {
    const parent = await stores.sessions.insertIfAbsent(makeSession());
    const child = await scene.behind(parent.id);
    const grandchild = await scene.behind(child);
    await scene.stop.cancelSession(parent.id);
    for (const id of [child, grandchild]) {
      expect(await stores.sessions.get(id)).toMatchObject({
        status: 'failed',
        failure: { code: 'PARENT_NOT_RESUMABLE', attempt: 0 },
        end_time: expect.any(Date),
      });
    }
  });

  test('waits for its key next, in the order in which it was launched', async ({
    scene,
    stores,
  }) => {
    const key = newId();
    const parent = await stores.sessions.insertIfAbsent(makeSession({ status: 'running' }));
    const holder = await scene.launch(key);
    const child = await scene.behind(parent.id, { concurrency_key: key });
    const behind = await scene.launch(key);
    expect(await scene.states([child, behind])).toEqual(['parent', WAITS]);
    await scene.finish(parent.id);
    expect(await scene.states([child, behind])).toEqual([WAITS, WAITS]);
    await scene.finish(holder);
    expect(await scene.states([child, behind])).toEqual(['waiting', WAITS]);
  });

  test('interrupts its parent only if the parent is running', async ({ scene, stores }) => {
    const lease = { fence: 1, owner: 'w', expires_at: new Date(Date.now() + 60_000) };
    const running = await stores.sessions.insertIfAbsent(makeSession({ status: 'running', lease }));
    const queued = await stores.sessions.insertIfAbsent(makeSession());
    for (const { id } of [running, queued]) await scene.behind(id, { on_busy: 'interrupt' });
    expect(await stores.sessions.get(running.id)).toHaveProperty('interrupt_requested_at');
    expect(await stores.sessions.get(queued.id)).toMatchObject({ status: 'queued' });
    expect(await stores.sessions.get(queued.id)).not.toHaveProperty('interrupt_requested_at');
  });

  test('is refused if on_busy is reject or its parent is unknown', async ({ scene, stores }) => {
    const parent = await stores.sessions.insertIfAbsent(makeSession({ status: 'running' }));
    await expect(scene.behind(parent.id, { on_busy: 'reject' })).rejects.toMatchObject({
      code: 'SESSION_NOT_TERMINAL',
    });
    await expect(scene.behind(newId())).rejects.toMatchObject({ code: 'PARENT_NOT_FOUND' });
  });

  test('never runs if it is cancelled', async ({ scene, stores }) => {
    const parent = await stores.sessions.insertIfAbsent(makeSession({ status: 'running' }));
    const child = await scene.behind(parent.id);
    expect(await scene.stop.cancelSession(child)).toMatchObject({ status: 'cancelled' });
    await scene.finish(parent.id);
    expect(await scene.states([child])).toEqual(['cancelled']);
  });

  test('is enqueued even if its parent ends at the same moment', async ({ scene, stores }) => {
    for (let round = 0; round < 20; round += 1) {
      const parent = await stores.sessions.insertIfAbsent(makeSession({ status: 'running' }));
      const [child] = await Promise.all([scene.behind(parent.id), scene.finish(parent.id)]);
      expect(await scene.states([child])).toEqual(['waiting']);
    }
  });
});
