// The spending of deleted sessions still counts, each session once.
import {
  createSessionDeletion,
  createStores,
  NO_TOTALS,
  newId,
  type Session,
  type UsageStore,
} from '@baton/core/internal';
import type { Db } from 'mongodb';
import { expect } from 'vitest';
import { makeEnded, test } from './world.ts';

const at = (day: number) => new Date(Date.UTC(2026, 2, day));

/** Makes a session that cost one dollar and ended on this day of March 2026. */
function dear(day: number, fields: Partial<Session> = {}): Session {
  const totals = { ...NO_TOTALS, cost_usd: 1 };
  return makeEnded({ created_at: at(day), end_time: at(day), totals, ...fields });
}

test('two sessions with one id both count, each with its own day and model', async ({
  world,
  stores,
}) => {
  const { usage } = stores;
  const tag = newId();
  const first = dear(1, { tags: [tag], model: 'opus' });
  await world.keep(first);
  await world.deletion.deleteConversation(first.id);
  // This session is created after the deletion; otherwise it would count as the deleted session.
  const created_at = new Date(Date.now() + 60_000);
  await world.keep(dear(2, { id: first.id, tags: [tag], model: 'haiku', created_at }));
  await world.deletion.deleteConversation(first.id);

  expect(await usage.total({ tag })).toMatchObject({ sessions: 2, cost_usd: 2 });
  expect(await groupsOf(usage, tag, 'day')).toEqual({ '2026-03-01': 1, '2026-03-02': 1 });
  expect(await groupsOf(usage, tag, 'model')).toEqual({ opus: 1, haiku: 1 });
});

test('a session counts once even if its deletion died before it removed the document', async ({
  world,
  db,
  stores,
  queue,
}) => {
  const tag = newId();
  const session = dear(1, { tags: [tag] });
  await world.keep(session);
  const { clock, usage } = stores;
  const dying = createSessionDeletion({
    stores: createStores(withoutRemoval(db), clock),
    clock,
    queue,
    requests: stores.stopRequests,
  });

  await expect(dying.deleteConversation(session.id)).rejects.toThrow('MongoDB went away');
  expect((await world.count(session)).documents).toBe(1);
  expect(await usage.total({ tag })).toMatchObject({ sessions: 1, cost_usd: 1 });

  expect(await world.deletion.runMaintenance(AbortSignal.timeout(10_000))).toBe(1);
  expect((await world.count(session)).documents).toBe(0);
  expect(await usage.total({ tag })).toMatchObject({ sessions: 1, cost_usd: 1 });
});

test('the spending is forgotten when its retention ends', async ({ world, stores, db }) => {
  const tag = newId();
  const session = dear(1, { tags: [tag] });
  await world.keep(session);
  await world.deletion.deleteConversation(session.id);
  await db
    .collection('tombstones')
    .updateMany({ root_session_id: session.id }, { $set: { sweep_at: new Date(0) } });
  await world.deletion.runMaintenance(AbortSignal.timeout(10_000));
  expect(await stores.usage.total({ tag })).toMatchObject({ sessions: 0 });
});

async function groupsOf(usage: UsageStore, tag: string, by: 'day' | 'model') {
  const groups = await usage.groups({ tag }, by, 10);
  return Object.fromEntries(groups.map(({ group, spending }) => [group, spending.cost_usd]));
}

/** Wraps the database so that removing session documents fails, as if the process died there. */
function withoutRemoval(db: Db): Db {
  return new Proxy(db, {
    get(target, key) {
      if (key !== 'collection') return Reflect.get(target, key);
      return (name: string) => {
        const collection = target.collection(name);
        if (name !== 'sessions') return collection;
        return Object.assign(Object.create(collection), {
          deleteMany: async () => {
            throw new Error('MongoDB went away');
          },
        });
      };
    },
  });
}
