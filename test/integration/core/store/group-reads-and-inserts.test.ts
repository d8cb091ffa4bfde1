// Reads and inserts of many callers that share few commands.
import { type Collection, MongoClient } from 'mongodb';
import { describe, expect } from 'vitest';
import { createGroupInsert } from '../../../../packages/core/src/store/group-insert.ts';
import { createGroupRead } from '../../../../packages/core/src/store/group-read.ts';
import { test as base, mongodbUrl } from '../../../support/services.ts';

interface Numbered {
  _id: string;
  n: number;
}

interface Watched {
  collection: Collection<Numbered>;
  /** The names of the commands that were sent. */
  sent: string[];
}

const test = base.extend<{ watched: Watched }>({
  watched: async ({ db }, use) => {
    const client = new MongoClient(mongodbUrl(), { monitorCommands: true, ignoreUndefined: true });
    const sent: string[] = [];
    client.on('commandStarted', ({ commandName }) => sent.push(commandName));
    const collection = client.db(db.databaseName).collection<Numbered>(crypto.randomUUID());
    await use({ collection, sent });
    await client.close();
  },
});

const numbered = (n: number): Numbered => ({ _id: `id-${n}`, n });
const many = (count: number) => Array.from({ length: count }, (_, n) => numbered(n));

describe('grouped reads', () => {
  test('at the same moment share one command, and each gets its own document', async ({
    watched,
  }) => {
    const { collection, sent } = watched;
    await collection.insertMany(many(20));
    const read = createGroupRead(collection);
    const answers = await Promise.all(
      ['id-3', 'unknown', 'id-7', 'id-3', ...many(20).map(({ _id }) => _id)].map(read),
    );
    expect(answers.map((one) => one?.n)).toEqual([3, undefined, 7, 3, ...many(20).map((o) => o.n)]);
    expect(sent.filter((name) => name === 'find')).toHaveLength(1);
  });

  test('one after another see the writes between them', async ({ watched }) => {
    const { collection } = watched;
    const read = createGroupRead(collection);
    expect(await read('id-0')).toBeNull();
    await collection.insertOne(numbered(0));
    expect(await read('id-0')).toEqual(numbered(0));
    await collection.updateOne({ _id: 'id-0' }, { $set: { n: 1 } });
    expect(await read('id-0')).toEqual({ _id: 'id-0', n: 1 });
  });
});

describe('grouped inserts', () => {
  test('at the same moment share one command', async ({ watched }) => {
    const { collection, sent } = watched;
    const insert = createGroupInsert(collection);
    await Promise.all(many(50).map((one) => insert(one, 100)));
    expect(await collection.countDocuments()).toBe(50);
    expect(sent.filter((name) => name === 'insert')).toHaveLength(1);
  });

  test('fail only for an id that is already stored', async ({ watched }) => {
    const { collection } = watched;
    await collection.insertOne(numbered(1));
    const insert = createGroupInsert(collection);
    const received = await Promise.allSettled(many(3).map((one) => insert(one, 100)));
    expect(received.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(received[1]).toMatchObject({ reason: { code: 11000 } });
    expect(await collection.countDocuments()).toBe(3);
  });

  test('fail only for a document that the driver cannot send', async ({ watched }) => {
    const { collection } = watched;
    const insert = createGroupInsert(collection);
    const unsendable = { ...numbered(1), 'nul\0': 1 };
    const received = await Promise.allSettled(
      [numbered(0), unsendable, numbered(2)].map((one) => insert(one, 100)),
    );
    expect(received.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await collection.distinct('_id')).toEqual(['id-0', 'id-2']);
  });
});
