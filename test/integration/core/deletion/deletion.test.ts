import { newId, type Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { childOf, makeEnded, NOTHING, test, type World } from './world.ts';

describe('the deletion of a conversation', () => {
  test('removes the documents, events, transcripts and jobs of its own sessions, and nothing else', async ({
    world,
  }) => {
    const tree = await world.keepTree();
    const other = await world.keepTree();

    expect(await world.deletion.deleteConversation(tree[1].id)).toBe('gone');

    expect(await world.count(...tree)).toEqual(NOTHING);
    expect(await world.count(...other)).toEqual({
      documents: 3,
      events: 7,
      chunks: 3,
      packChunks: 3,
      messages: 3,
      jobs: 3,
    });
  });

  test('is refused and removes nothing if a session has not ended', async ({ world }) => {
    const tree = await world.keepTree();
    const live = childOf(tree[0], { status: 'running' });
    await world.keep(live);

    await expect(world.deletion.deleteConversation(tree[0].id)).rejects.toMatchObject({
      code: 'SESSION_NOT_TERMINAL',
      details: { status: 'running', sessions: [live.id] },
    });

    expect(await world.count(...tree, live)).toEqual({
      documents: 4,
      events: 9,
      chunks: 4,
      packChunks: 4,
      messages: 4,
      jobs: 4,
    });
    expect(await world.tombstones.get(tree[0].id)).toBeNull();
  });

  test('may be repeated, but is refused for an unknown session', async ({ world }) => {
    const [root, child] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);

    expect(await world.deletion.deleteConversation(root.id)).toBe('gone');
    expect(await world.deletion.deleteConversation(child.id)).toBe('gone');
    await expect(world.deletion.deleteConversation(newId())).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
    });
  });

  test('removes more events than one command can', async ({ world }) => {
    const long = makeEnded({ last_event_seq: 2_100 });
    await world.keep(long);
    await world.deletion.deleteConversation(long.id);
    expect(await world.count(long)).toEqual(NOTHING);
  });
});

describe('an interrupted deletion', () => {
  test.for([0, 1, 2])(
    'that removed %i sessions is finished by a second request',
    async (done, { world }) => {
      const tree = await world.keepTree();
      await dieAfter(world, tree, done);
      expect(await world.deletion.deleteConversation(tree[2].id)).toBe('gone');
      expect(await world.count(...tree)).toEqual(NOTHING);
    },
  );

  test('is finished by the reconciler', async ({ world }) => {
    const tree = await world.keepTree();
    await dieAfter(world, tree, 1);
    expect(await world.deletion.runMaintenance(AbortSignal.timeout(10_000))).toBe(1);
    expect(await world.count(...tree)).toEqual(NOTHING);
  });

  test('that did not commit is undone', async ({ world, stores }) => {
    const tree = await world.keepTree();
    await world.tombstones.mark(tree[0].id, new Date(Date.now() - 120_000));

    await world.deletion.runMaintenance(AbortSignal.timeout(10_000));

    expect(await world.tombstones.get(tree[0].id)).toBeNull();
    const child = childOf(tree[0], { created_at: new Date() });
    expect((await stores.sessions.insertIfAbsent(child)).id).toBe(child.id);
  });

  /**
   * Leaves a deletion in the state of a process that died after it dropped `done` jobs from Redis.
   */
  async function dieAfter(world: World, [root, ...rest]: Session[], done: number): Promise<void> {
    if (!root) throw new Error('expected a conversation with a root');
    world.failDropsAfter(done);
    await expect(world.deletion.deleteConversation(root.id)).rejects.toThrow('Redis went away');
    world.failDropsAfter(Number.POSITIVE_INFINITY);
    const left = await world.count(root, ...rest);
    expect(left).toMatchObject({ documents: 0, jobs: 3 - done, chunks: 3 - done });
  }
});

describe('deletion by age', () => {
  test('keeps a conversation if one of its sessions ended later', async ({ world }) => {
    const before = new Date(Date.now() - 60_000);
    const old = makeEnded({ end_time: new Date(before.getTime() - 1) });
    await world.keep(old);
    const kept = makeEnded({ end_time: new Date(before.getTime() - 1) });
    const continued = childOf(kept, { end_time: new Date() });
    await world.keep(kept);
    await world.keep(continued);

    expect(await world.deletion.deleteEnded(old.id, before)).toBe('gone');
    expect(await world.deletion.deleteEnded(kept.id, before)).toBeNull();

    expect(await world.count(old)).toEqual(NOTHING);
    expect(await world.count(kept, continued)).toMatchObject({ documents: 2, events: 5 });
  });
});
