// An idempotency key whose session was deleted makes a new session with the same id.
import {
  createAdopter,
  createSessionDeletion,
  createSessionServices,
  newId,
  type Session,
  type SessionManager,
} from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeLaunchJob, makeSession } from '../../../support/factories.ts';
import { test as base, makeEnded, NOTHING, type World } from './world.ts';

const ENDED = { status: 'completed', last_event_seq: 5 } as const;

const ONE_OF_EACH = { documents: 1, events: 5, chunks: 1, packChunks: 1, messages: 1, jobs: 1 };

interface Reuse {
  manager: SessionManager;
  launch(key: string): Promise<Session>;
  /** Writes the events, the transcript and the message of a session with this id. */
  write(id: string): Promise<void>;
  /** Ends the session. */
  end(id: string): Promise<void>;
  /**
   * Leaves the deletion of this key's session in the state of a process that died after it removed
   * the document. Returns the session's id.
   */
  dieDeleting(key: string): Promise<string>;
  /** Deletes this key's session and returns a new, ended session with the same id. */
  anew(key: string): Promise<Session>;
}

const test = base.extend<{ reuse: Reuse }>({
  reuse: async ({ db, stores, queue, world }, use) => {
    const { clock } = stores;
    const { manager } = createSessionServices({ stores, clock, queue });
    const launch = async (idempotency_key: string) =>
      (await manager.acceptance.launch({ query: 'q' }, { idempotency_key })).session;
    const end = async (id: string) => {
      await db
        .collection<{ _id: string }>('sessions')
        .updateOne({ _id: id }, { $set: { ...ENDED, end_time: new Date() } });
    };
    const write = (id: string) => world.write(makeEnded({ id, ...ENDED }));
    await use({
      manager,
      launch,
      write,
      end,
      async dieDeleting(key) {
        const { id } = await launch(key);
        await end(id);
        world.failDropsAfter(0);
        await expect(world.deletion.deleteConversation(id)).rejects.toThrow('Redis went away');
        world.failDropsAfter(Number.POSITIVE_INFINITY);
        return id;
      },
      async anew(key) {
        const { id } = await launch(key);
        await end(id);
        expect(await world.deletion.deleteConversation(id)).toBe('gone');
        const session = await launch(key);
        expect(session).toMatchObject({ id, status: 'queued' });
        await write(id);
        await end(id);
        return session;
      },
    });
  },
});

const runMaintenance = (deletion: World['deletion']) =>
  deletion.runMaintenance(AbortSignal.timeout(10_000));

describe('the sweep after a deletion', () => {
  test.for([
    ['before the tombstone expires', {}],
    ['when the tombstone expires', { gone_at: new Date(0) }],
  ] as const)(
    'does not touch a new session with the same id %s',
    async ([, fields], { world, reuse }) => {
      const session = await reuse.anew(newId());
      await world.sweepIsDue(session.id, fields);
      await runMaintenance(world.deletion);
      expect(await world.count(session)).toEqual(ONE_OF_EACH);
    },
  );

  test('does not touch a launch with the same id that is only in the queue', async ({
    world,
    queue,
  }) => {
    const [root] = await world.keepTree();
    await world.deletion.deleteConversation(root.id);
    await queue.add(makeLaunchJob({ id: root.id }));
    await world.sweepIsDue(root.id);
    await runMaintenance(world.deletion);
    expect(await queue.find(root.id)).not.toBeNull();
  });

  test('does not touch anything that a new session writes while the sweep runs', async ({
    world,
    stores,
    queue,
    reuse,
  }) => {
    const key = newId();
    const { id } = await reuse.launch(key);
    await reuse.end(id);
    await world.deletion.deleteConversation(id);
    await world.sweepIsDue(id);
    const begin = async () => {
      await reuse.launch(key);
      await reuse.write(id);
      return null;
    };
    const { clock } = stores;
    const sweep = { ...queue, findAny: begin };

    await runMaintenance(
      createSessionDeletion({ stores, clock, requests: stores.stopRequests, queue: sweep }),
    );

    expect(await world.count(makeEnded({ id }))).toEqual(ONE_OF_EACH);
  });
});

describe('a deletion that another process finishes in the meantime', () => {
  test.for(['its documents', 'its leftovers'] as const)(
    'does not touch the next session with the id, even if the deletion stalls before it removes %s',
    async (step, { world, stores, queue, reuse }) => {
      const key = newId();
      const { id } = await reuse.launch(key);
      await reuse.end(id);
      const { clock } = stores;
      let isOvertaken = false;
      const standStill = async (isHere: boolean) => {
        if (!isHere || isOvertaken) return;
        isOvertaken = true;
        await world.deletion.deleteConversation(id);
        await reuse.launch(key);
        await reuse.write(id);
        await reuse.end(id);
      };
      const slow = createSessionDeletion({
        stores,
        requests: stores.stopRequests,
        clock: {
          now: async () => {
            const isDeleting = (await world.tombstones.get(id))?.state === 'deleting';
            await standStill(step === 'its documents' && isDeleting);
            return clock.now();
          },
        },
        queue: {
          ...queue,
          findAny: async (one) => {
            await standStill(step === 'its leftovers');
            return queue.findAny(one);
          },
        },
      });

      expect(await slow.deleteConversation(id)).toBe('gone');

      expect(isOvertaken).toBe(true);
      expect(await world.count(makeEnded({ id }))).toEqual(ONE_OF_EACH);
    },
  );
});

describe('the idempotency key of a session that is being deleted', () => {
  test('is refused for all callers and can be used again afterwards', async ({ world, reuse }) => {
    const key = newId();
    const id = await reuse.dieDeleting(key);

    const all = await Promise.allSettled(Array.from({ length: 16 }, () => reuse.launch(key)));

    const codes = all.map((one) => (one.status === 'rejected' ? one.reason.code : one.status));
    expect(new Set(codes)).toEqual(new Set(['SESSION_DELETED']));
    expect(await world.count(makeEnded({ id }))).toEqual(NOTHING);
    await runMaintenance(world.deletion);
    expect(await reuse.launch(key)).toMatchObject({ id, status: 'queued' });
  });

  test('is refused in a bulk launch, and the other sessions are launched', async ({
    world,
    reuse,
  }) => {
    const key = newId();
    const id = await reuse.dieDeleting(key);
    const keys = [newId(), key, newId(), key];

    const verdicts = await reuse.manager.acceptance.launchMany(
      keys.map((idempotency_key) => ({ config: { query: 'q' }, options: { idempotency_key } })),
    );

    expect(verdicts).toMatchObject([
      { replayed: false },
      { error: { code: 'SESSION_DELETED' } },
      { replayed: false },
      { error: { code: 'SESSION_DELETED' } },
    ]);
    expect(await world.count(makeEnded({ id }))).toEqual(NOTHING);
    expect(await runMaintenance(world.deletion)).toBe(1);
    const [again] = await reuse.manager.acceptance.launchMany([
      { config: { query: 'q' }, options: { idempotency_key: key } },
    ]);
    expect(again).toMatchObject({ session: { id, status: 'queued' }, replayed: false });
  });
});

describe('a new session with the id of a session that is being deleted', () => {
  test.for([
    ['an invalid job', 'garbage'],
    ['a valid job', null],
  ])('leaves no document if it comes from %s', async ([, data], { world, stores, queue }) => {
    const id = await diesDeleting(world);
    const adopter = createAdopter(stores, (one) => queue.find(one));
    const job = { id, data: data ?? makeLaunchJob({ id }), timestamp: Date.now() };

    await expect(adopter.adopt(job)).rejects.toMatchObject({ code: 'SESSION_DELETED' });

    expect((await world.count(makeEnded({ id }))).documents).toBe(0);
  });

  test('is refused in a bulk insert, which still inserts the other sessions', async ({
    world,
    stores,
  }) => {
    const id = await diesDeleting(world);
    const other = makeSession({ created_at: new Date() });

    const refused = await stores.sessions.insertManyIfAbsent([
      makeSession({ id, created_at: new Date() }),
      other,
    ]);

    expect([...refused]).toMatchObject([[id, { code: 'SESSION_DELETED' }]]);
    expect((await stores.sessions.getMany([id, other.id])).map((one) => one.id)).toEqual([
      other.id,
    ]);
  });

  async function diesDeleting(world: World): Promise<string> {
    const session = makeEnded();
    await world.keep(session);
    world.failDropsAfter(0);
    await expect(world.deletion.deleteConversation(session.id)).rejects.toThrow('Redis went away');
    world.failDropsAfter(Number.POSITIVE_INFINITY);
    return session.id;
  }
});
