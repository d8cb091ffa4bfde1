// Deletions that take longer than one maintenance run.
import {
  createLogger,
  createSessionDeletion,
  createStores,
  type Session,
  type SessionDeletion,
} from '@baton/core/internal';
import type { Collection, Db } from 'mongodb';
import { expect } from 'vitest';
import { createRetention } from '../../../../apps/worker/src/maintenance/retention.ts';
import { test as base, makeEnded, NOTHING, type World } from './world.ts';

const log = createLogger('worker', 'info', { write: () => {} });

type DeleteMany = Collection['deleteMany'];

const test = base.extend<{
  /** Creates a deletion that removes events with this function. */
  removing(removal: (removeEvents: DeleteMany) => DeleteMany): SessionDeletion;
}>({
  removing: async ({ db, stores, queue }, use) => {
    const { clock } = stores;
    await use((removal) =>
      createSessionDeletion({
        stores: createStores(withRemoval(db, removal), clock),
        clock,
        queue,
        requests: stores.stopRequests,
      }),
    );
  },
});

test('a deletion that is aborted several times continues where it stopped', async ({
  world,
  removing,
}) => {
  const long = makeEnded({ last_event_seq: 2_100 });
  await world.keep(long);
  let breakOff = new AbortController();
  let commands = 0;
  const deletion = removing((removeEvents) => async (filter) => {
    commands += 1;
    breakOff.abort();
    return removeEvents(filter);
  });

  const states: string[] = [];
  while (states.at(-1) !== 'gone' && states.length < 10) {
    breakOff = new AbortController();
    states.push(await deletion.deleteConversation(long.id, breakOff.signal));
  }

  expect(states).toEqual(['deleting', 'deleting', 'deleting', 'gone']);
  expect(commands).toBe(4);
  expect(await world.count(long)).toEqual(NOTHING);
});

test('an endless deletion leaves time for other deletions, sweeps and deletion by age', async ({
  world,
  stores,
  removing,
}) => {
  const [endless, short, swept] = [makeEnded(), makeEnded(), makeEnded()];
  const [firstSwept, old] = [makeEnded(), makeEnded({ end_time: new Date(0) })];
  for (const one of [endless, short, swept, firstSwept, old]) await world.keep(one);
  for (const one of [swept, firstSwept]) await world.deletion.deleteConversation(one.id);
  await diesDeleting(world, endless);
  await diesDeleting(world, short);
  const late = { attempt: 1, fence: 1, type: 'user', created_at: new Date(0), raw: '{}' };
  for (const { id } of [swept, firstSwept]) {
    await stores.events.insert([{ ...late, session_id: id, seq: 1 }]);
  }
  await world.sweepIsDue(firstSwept.id, { sweep_at: new Date(-1) });
  await world.sweepIsDue(swept.id);
  const deletion = removing((removeEvents) => async (filter) => {
    const asked = JSON.stringify(filter);
    const isEndless = [endless, firstSwept].some(({ id }) => asked.includes(id));
    return isEndless ? { acknowledged: true, deletedCount: 1 } : removeEvents(filter);
  });
  const { tree, clock } = stores;
  const round = createRetention({ deletion, tree, clock, days: 1_000, log });

  for (let rounds = 0; rounds < 4; rounds += 1) await round();

  expect(await world.count(short, swept, old)).toEqual(NOTHING);
  expect(await world.tombstones.get(endless.id)).toMatchObject({ state: 'deleting' });
});

test('a failing deletion leaves time for the others', async ({ world, stores, queue }) => {
  const [failing, short, old] = [makeEnded(), makeEnded(), makeEnded({ end_time: new Date(0) })];
  for (const one of [failing, short, old]) await world.keep(one);
  await diesDeleting(world, failing);
  await diesDeleting(world, short);
  const { clock } = stores;
  const drop = async (id: string) => {
    if (id === failing.id) throw new Error('Redis went away');
    await queue.drop(id);
  };
  const { stopRequests: requests, tree } = stores;
  const deletion = createSessionDeletion({ stores, clock, requests, queue: { ...queue, drop } });
  const round = createRetention({ deletion, tree, clock, days: 1_000, log });

  await expect(deletion.runMaintenance(AbortSignal.timeout(10_000))).rejects.toThrow(
    'Redis went away',
  );
  expect(await world.count(short)).toEqual(NOTHING);
  await round();
  expect(await world.count(old)).toEqual(NOTHING);
  expect(await world.tombstones.get(failing.id)).toMatchObject({ state: 'deleting' });
});

/** Leaves a deletion in the state of a process that died after it removed the document. */
async function diesDeleting(world: World, { id }: Session): Promise<void> {
  world.failDropsAfter(0);
  await expect(world.deletion.deleteConversation(id)).rejects.toThrow('Redis went away');
  world.failDropsAfter(Number.POSITIVE_INFINITY);
}

function withRemoval(db: Db, removal: (removeEvents: DeleteMany) => DeleteMany): Db {
  return new Proxy(db, {
    get(target, key) {
      if (key !== 'collection') return Reflect.get(target, key);
      return (name: string) => {
        const collection = target.collection(name);
        if (name !== 'events') return collection;
        const removeEvents = collection.deleteMany.bind(collection);
        return Object.assign(Object.create(collection), { deleteMany: removal(removeEvents) });
      };
    },
  });
}
