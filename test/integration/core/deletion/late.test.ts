// Writes to a conversation while it is deleted and afterwards.
import { createAdopter, newId } from '@baton/core/internal';
import { ObjectId } from 'mongodb';
import { describe, expect } from 'vitest';
import { makeContinueJob, makeLaunchJob } from '../../../support/factories.ts';
import { childOf, makeEnded, NOTHING, test } from './world.ts';

describe('during or after a deletion,', () => {
  test('a job that outlived its session does not bring the session back', async ({
    world,
    stores,
    queue,
  }) => {
    const [root] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);
    const job = makeLaunchJob({ id: root.id, created_at: root.created_at.toISOString() });
    await queue.bull.add('launch', job, { jobId: root.id });
    const adopter = createAdopter(stores, (id) => queue.find(id));

    expect(await adopter.find(root.id)).toBeNull();
    await expect(
      adopter.adopt({ id: root.id, data: job, timestamp: Date.now() }),
    ).rejects.toMatchObject({ code: 'SESSION_DELETED' });
    expect((await world.count(root)).documents).toBe(0);
  });

  test('a deleted id can be used for a new session', async ({ world, stores, queue }) => {
    const [root] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);
    const later = new Date(Date.now() + 1_000);
    const job = makeLaunchJob({ id: root.id, created_at: later.toISOString() });
    const adopter = createAdopter(stores, (id) => queue.find(id));

    const session = await adopter.adopt({ id: root.id, data: job, timestamp: Date.now() });
    expect(session).toMatchObject({ id: root.id, status: 'queued' });

    await stores.sessions.get(root.id);
    await expect(world.deletion.deleteConversation(root.id)).rejects.toMatchObject({
      code: 'SESSION_NOT_TERMINAL',
    });
  });

  test.for(['asked', 'deleting'] as const)(
    "a continue becomes a failed session outside the conversation if the deletion's state is %s",
    async (state, { world, stores, queue }) => {
      const [root] = await world.keepTree();
      await world.tombstones.mark(root.id, new Date());
      if (state === 'deleting') await world.tombstones.commit(root.id);
      const job = makeContinueJob(root.id);
      const adopter = createAdopter(stores, (id) => queue.find(id));

      const session = await adopter.adopt({ id: job.id, data: job, timestamp: Date.now() });

      expect(session).toMatchObject({
        status: 'failed',
        root_session_id: job.id,
        failure: { code: 'PARENT_NOT_FOUND' },
      });
    },
  );

  test('a continue that races with the deletion either wins or leaves nothing behind', async ({
    world,
    stores,
    queue,
  }) => {
    const adopter = createAdopter(stores, (id) => queue.find(id));
    for (let round = 0; round < 10; round += 1) {
      const root = makeEnded();
      await world.keep(root);
      const job = makeContinueJob(root.id);
      const adopting = adopter.adopt({ id: job.id, data: job, timestamp: Date.now() });
      const deleting = world.deletion.deleteConversation(root.id).catch(({ code }) => code);
      const [child, deleted] = await Promise.all([adopting, deleting]);

      if (child.status === 'queued') {
        expect(deleted).toBe('SESSION_NOT_TERMINAL');
        expect((await world.count(root, child)).documents).toBe(2);
      } else {
        expect(child).toMatchObject({
          root_session_id: job.id,
          failure: { code: 'PARENT_NOT_FOUND' },
        });
      }
      if (deleted === 'gone') expect(await world.count(root)).toEqual(NOTHING);
    }
  });

  test('a session stored after the commit is cancelled before anything is removed', async ({
    world,
    db,
    stores,
  }) => {
    const tree = await world.keepTree();
    const slipped = childOf(tree[0], { status: 'starting', created_at: new Date() });
    await world.keep(slipped);
    await world.tombstones.mark(tree[0].id, new Date());
    await world.tombstones.commit(tree[0].id);

    expect(await world.deletion.deleteConversation(tree[0].id)).toBe('deleting');
    expect(await world.count(...tree)).toMatchObject({ documents: 3, events: 7 });
    expect(await stores.sessions.get(slipped.id)).toHaveProperty('cancel_requested_at');

    const ended = { status: 'cancelled', end_time: new Date() };
    await db
      .collection<{ _id: string }>('sessions')
      .updateOne({ _id: slipped.id }, { $set: ended });
    await world.deletion.runMaintenance(AbortSignal.timeout(10_000));
    expect(await world.count(...tree, slipped)).toEqual(NOTHING);
  });

  test('events that a stale worker writes are found and removed', async ({ world, stores }) => {
    const [root] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);
    const late = { session_id: root.id, seq: 4, attempt: 1, fence: 1 };
    const created_at = new Date(Date.now() - 120_000);
    await stores.events.insert([{ ...late, type: 'user', created_at, raw: '{}' }]);
    expect((await world.count(root)).events).toBe(1);

    await world.sweepIsDue(root.id);
    await world.deletion.runMaintenance(AbortSignal.timeout(10_000));

    expect(await world.count(root)).toEqual(NOTHING);
    expect(await world.tombstones.get(root.id)).toMatchObject({ state: 'gone' });
  });

  test('a part of a pack that a stale worker writes is found and removed', async ({
    world,
    db,
  }) => {
    const [root] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);
    const written = ObjectId.createFromTime(Math.floor(Date.now() / 1000) - 120);
    const part = { session_id: root.id, root_session_id: root.id, pack: 'b'.repeat(64), n: 0 };
    await db.collection('captures').insertOne({ _id: written, ...part, bytes: 1 });
    expect((await world.count(root)).packChunks).toBe(1);

    await world.sweepIsDue(root.id);
    await world.deletion.runMaintenance(AbortSignal.timeout(10_000));

    expect(await world.count(root)).toEqual(NOTHING);
  });

  test('a part of a transcript that a stale worker writes is found and removed', async ({
    world,
    db,
  }) => {
    const [root] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);
    const parts = db.collection('transcript_parts');
    const chunk = { root_session_id: root.id, sha256: 'c'.repeat(64), n: 0, bytes: 1 };
    await parts.insertOne({
      _id: ObjectId.createFromTime(Math.floor(Date.now() / 1000) - 120),
      ...chunk,
    });

    await world.sweepIsDue(root.id);
    await world.deletion.runMaintenance(AbortSignal.timeout(10_000));

    expect(await parts.countDocuments({ root_session_id: root.id })).toBe(0);
  });

  test('a message that a stale process stores is found and removed', async ({
    world,
    stores,
    db,
  }) => {
    const [root] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);
    const late = { id: newId(), session_id: root.id, root_session_id: root.id, content: 'late' };
    await stores.messages.insertIfAbsent({ ...late, priority: 'next' });
    await db
      .collection<{ _id: string }>('messages')
      .updateOne({ _id: late.id }, { $set: { created_at: new Date(Date.now() - 120_000) } });
    expect((await world.count(root)).messages).toBe(1);

    await world.sweepIsDue(root.id);
    await world.deletion.runMaintenance(AbortSignal.timeout(10_000));

    expect(await world.count(root)).toEqual(NOTHING);
  });

  test('a message that no session accepted is removed after an hour', async ({
    world,
    stores,
    db,
  }) => {
    const session = makeEnded();
    await world.keep(session);
    expect((await world.count(session)).messages).toBe(1);
    await world.deletion.runMaintenance(AbortSignal.timeout(10_000));
    expect((await world.count(session)).messages).toBe(1);
    await db
      .collection('messages')
      .updateOne({ session_id: session.id }, { $set: { accepting_since: new Date(0) } });

    await world.deletion.runMaintenance(AbortSignal.timeout(10_000));

    expect((await world.count(session)).messages).toBe(0);
    expect(await stores.sessions.get(session.id)).toEqual(session);
  });

  test('the tombstone is finally removed', async ({ world }) => {
    const [root] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);
    await world.sweepIsDue(root.id, { gone_at: new Date(0) });
    await world.deletion.runMaintenance(AbortSignal.timeout(10_000));
    expect(await world.tombstones.get(root.id)).toBeNull();
  });
});
