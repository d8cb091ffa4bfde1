import {
  createAdopter,
  createSessionDeletion,
  createStopRequests,
  createTombstoneStore,
  newId,
  type Session,
  type SessionDeletion,
  type TombstoneStore,
} from '@baton/core';
import { describe, expect } from 'vitest';
import {
  makeChild,
  makeCompletedSession,
  makeContinueJob,
  makeLaunchJob,
} from '../../support/factories.ts';
import { test as base } from '../core/stores.ts';

/** How much there is of some sessions, in every place. */
interface Found {
  documents: number;
  events: number;
  chunks: number;
  jobs: number;
}

interface World {
  deletion: SessionDeletion;
  tombstones: TombstoneStore;
  /** Stores a session with its events, a chunk of transcript and a job. */
  keep(session: Session): Promise<void>;
  count(...sessions: Session[]): Promise<Found>;
  /** A conversation of three: a root, and two branches. */
  keepTree(): Promise<[Session, Session, Session]>;
  /** Lets Redis go away after so many jobs were dropped. */
  failDropsAfter(drops: number): void;
}

const test = base.extend<{ $file: { world: World } }>({
  world: [
    async ({ db, stores, queue }, use) => {
      const { clock } = stores;
      let dropsLeft = Number.POSITIVE_INFINITY;
      async function drop(id: string): Promise<void> {
        dropsLeft -= 1;
        if (dropsLeft < 0) throw new Error('Redis went away');
        await queue.drop(id);
      }
      async function keep(session: Session): Promise<void> {
        await stores.sessions.insertIfAbsent(session);
        await stores.events.insert(
          Array.from({ length: session.last_event_seq }, (_, index) => ({
            ...{ session_id: session.id, seq: index + 1, attempt: 1, fence: 1 },
            ...{ type: 'user', created_at: new Date(), raw: '{}' },
          })),
        );
        await stores.transcripts.put(
          { session_id: session.id, path: 'a.jsonl', generation: 0, offset: 0, fence: 1 },
          Buffer.from('{"a":1}\n'),
        );
        await queue.bull.add('launch', { id: session.id }, { jobId: session.id });
      }
      await use({
        deletion: createSessionDeletion({
          ...{ db, clock, queue: { drop, tell: queue.tell } },
          requests: createStopRequests(db, clock),
        }),
        tombstones: createTombstoneStore(db),
        keep,
        async keepTree() {
          const root = makeEnded();
          const tree = [root, childOf(root), childOf(root)] as [Session, Session, Session];
          for (const session of tree) await keep(session);
          return tree;
        },
        async count(...sessions) {
          const ids = sessions.map(({ id }) => id);
          const jobs = await Promise.all(ids.map((id) => queue.find(id)));
          const those = { session_id: { $in: ids } };
          return {
            documents: (await stores.sessions.getMany(ids)).length,
            events: await db.collection('events').countDocuments(those),
            chunks: await db.collection('transcripts').countDocuments(those),
            jobs: jobs.filter((job) => job !== null).length,
          };
        },
        failDropsAfter(drops) {
          dropsLeft = drops;
        },
      });
    },
    { scope: 'file' },
  ],
});

const NOTHING: Found = { documents: 0, events: 0, chunks: 0, jobs: 0 };

function makeEnded(fields: Partial<Session> = {}): Session {
  const created_at = new Date(Date.now() - 3_600_000);
  return makeCompletedSession({ created_at, last_event_seq: 3, ...fields });
}

function childOf(parent: Session, fields: Partial<Session> = {}): Session {
  const ended = { status: 'completed', end_time: new Date(), last_event_seq: 2 } as const;
  return makeChild(parent, { ...ended, created_at: parent.created_at, ...fields });
}

describe('deleting a conversation', () => {
  test('removes documents, events, transcripts and jobs of all its sessions, and of no other', async ({
    world,
  }) => {
    const tree = await world.keepTree();
    const other = await world.keepTree();

    expect(await world.deletion.deleteConversation(tree[1].id)).toBe('gone');

    expect(await world.count(...tree)).toEqual(NOTHING);
    expect(await world.count(...other)).toEqual({ documents: 3, events: 7, chunks: 3, jobs: 3 });
  });

  test('of which a session has not ended is refused, and nothing of it is gone', async ({
    world,
  }) => {
    const tree = await world.keepTree();
    const live = childOf(tree[0], { status: 'running' });
    await world.keep(live);

    await expect(world.deletion.deleteConversation(tree[0].id)).rejects.toMatchObject({
      code: 'SESSION_NOT_TERMINAL',
      details: { status: 'running', sessions: [live.id] },
    });

    expect(await world.count(...tree, live)).toEqual({
      ...{ documents: 4, events: 9, chunks: 4, jobs: 4 },
    });
    expect(await world.tombstones.get(tree[0].id)).toBeNull();
  });

  test('said again is harmless; of an unknown session it is refused', async ({ world }) => {
    const [root, child] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);

    expect(await world.deletion.deleteConversation(root.id)).toBe('gone');
    expect(await world.deletion.deleteConversation(child.id)).toBe('gone');
    await expect(world.deletion.deleteConversation(newId())).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
    });
  });

  test('removes more events than one command does', async ({ world }) => {
    const long = makeEnded({ last_event_seq: 2_100 });
    await world.keep(long);
    await world.deletion.deleteConversation(long.id);
    expect(await world.count(long)).toEqual(NOTHING);
  });
});

describe('a deletion that died', () => {
  test.for([0, 1, 2])(
    'after %i of its sessions is finished by asking again',
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
    expect(await world.deletion.tend(AbortSignal.timeout(10_000))).toBe(1);
    expect(await world.count(...tree)).toEqual(NOTHING);
  });

  test('before the point of no return never happened', async ({ world, stores }) => {
    const tree = await world.keepTree();
    await world.tombstones.ask(tree[0].id, new Date(Date.now() - 120_000));

    await world.deletion.tend(AbortSignal.timeout(10_000));

    expect(await world.tombstones.get(tree[0].id)).toBeNull();
    const child = childOf(tree[0], { created_at: new Date() });
    expect((await stores.sessions.insertIfAbsent(child)).id).toBe(child.id);
  });

  /** Leaves a deletion as a process does that dies where Redis is asked for the last time. */
  async function dieAfter(world: World, [root, ...rest]: Session[], done: number): Promise<void> {
    if (!root) throw new Error('expected a tree');
    world.failDropsAfter(done);
    await expect(world.deletion.deleteConversation(root.id)).rejects.toThrow('Redis went away');
    world.failDropsAfter(Number.POSITIVE_INFINITY);
    const left = await world.count(root, ...rest);
    expect(left).toMatchObject({ documents: 0, jobs: 3 - done, chunks: 3 - done });
  }
});

describe('what comes late', () => {
  test('a job that outlived its session brings nothing back', async ({ world, stores, queue }) => {
    const [root] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);
    const job = makeLaunchJob({ id: root.id, created_at: root.created_at.toISOString() });
    await queue.bull.add('launch', job, { jobId: root.id });
    const adopter = createAdopter(stores.sessions, (id) => queue.find(id));

    expect(await adopter.find(root.id)).toBeNull();
    await expect(
      adopter.adopt({ id: root.id, data: job, timestamp: Date.now() }),
    ).rejects.toMatchObject({ code: 'SESSION_DELETED' });
    expect((await world.count(root)).documents).toBe(0);
  });

  test('an id that is used anew after the deletion is a session of its own', async ({
    world,
    stores,
    queue,
  }) => {
    const [root] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);
    const later = new Date(Date.now() + 1_000);
    const job = makeLaunchJob({ id: root.id, created_at: later.toISOString() });
    const adopter = createAdopter(stores.sessions, (id) => queue.find(id));

    const session = await adopter.adopt({ id: root.id, data: job, timestamp: Date.now() });
    expect(session).toMatchObject({ id: root.id, status: 'queued' });

    await stores.sessions.get(root.id);
    await expect(world.deletion.deleteConversation(root.id)).rejects.toMatchObject({
      code: 'SESSION_NOT_TERMINAL',
    });
  });

  test.for(['asked', 'deleting'] as const)(
    'a continue of a conversation that is %s to be deleted fails, and leaves no part of it',
    async (state, { world, stores, queue }) => {
      const [root] = await world.keepTree();
      await world.tombstones.ask(root.id, new Date());
      if (state === 'deleting') await world.tombstones.commit(root.id);
      const job = makeContinueJob(root.id);
      const adopter = createAdopter(stores.sessions, (id) => queue.find(id));

      const session = await adopter.adopt({ id: job.id, data: job, timestamp: Date.now() });

      expect(session).toMatchObject({
        ...{ status: 'failed', root_session_id: job.id },
        failure: { code: 'PARENT_NOT_FOUND' },
      });
    },
  );

  test('of a deletion and a continue that race, the one that loses leaves nothing behind', async ({
    world,
    stores,
    queue,
  }) => {
    const adopter = createAdopter(stores.sessions, (id) => queue.find(id));
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

  test('a session that slipped in behind the point of no return is ended before anything goes', async ({
    world,
    db,
    stores,
  }) => {
    const tree = await world.keepTree();
    const slipped = childOf(tree[0], { status: 'starting', created_at: new Date() });
    await world.keep(slipped);
    await world.tombstones.ask(tree[0].id, new Date());
    await world.tombstones.commit(tree[0].id);

    expect(await world.deletion.deleteConversation(tree[0].id)).toBe('deleting');
    expect(await world.count(...tree)).toMatchObject({ documents: 3, events: 7 });
    expect(await stores.sessions.get(slipped.id)).toHaveProperty('cancel_requested_at');

    const ended = { status: 'cancelled', end_time: new Date() };
    await db
      .collection<{ _id: string }>('sessions')
      .updateOne({ _id: slipped.id }, { $set: ended });
    await world.deletion.tend(AbortSignal.timeout(10_000));
    expect(await world.count(...tree, slipped)).toEqual(NOTHING);
  });

  test('what a stale worker writes after the deletion is found and removed', async ({
    world,
    db,
    stores,
  }) => {
    const [root] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);
    const late = { session_id: root.id, seq: 4, attempt: 1, fence: 1 };
    await stores.events.insert([{ ...late, type: 'user', created_at: new Date(), raw: '{}' }]);
    expect((await world.count(root)).events).toBe(1);

    await db
      .collection<{ _id: string }>('tombstones')
      .updateOne({ _id: root.id }, { $set: { sweep_at: new Date(0) } });
    await world.deletion.tend(AbortSignal.timeout(10_000));

    expect(await world.count(root)).toEqual(NOTHING);
    expect(await world.tombstones.get(root.id)).toMatchObject({ state: 'gone' });
  });

  test('a tombstone goes in the end', async ({ world, db }) => {
    const [root] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);
    await db
      .collection<{ _id: string }>('tombstones')
      .updateOne({ _id: root.id }, { $set: { sweep_at: new Date(0), gone_at: new Date(0) } });
    await world.deletion.tend(AbortSignal.timeout(10_000));
    expect(await world.tombstones.get(root.id)).toBeNull();
  });
});

describe('deleting by age', () => {
  test('spares a conversation of which one session ended later', async ({ world }) => {
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
