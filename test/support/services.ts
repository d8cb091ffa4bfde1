import { randomUUID } from 'node:crypto';
import { type Db, MongoClient } from 'mongodb';
import { test as base, inject } from 'vitest';

/** Returns the URL of the Redis of this test run. */
export function redisUrl(): string {
  return inject('redisUrl');
}

/** Returns the URL of the MongoDB of this test run. It names no database. */
export function mongodbUrl(): string {
  return inject('mongodbUrl');
}

/** Returns a unique name `test-<what>-<random>` for a queue, a database or a key prefix. */
export function uniqueName(what: string): string {
  return `test-${what}-${randomUUID().slice(0, 13)}`;
}

/**
 * `test` with a database for the test file, its client and name, and a queue prefix. The database is
 * dropped after the file.
 */
export const test = base.extend<{
  $file: { mongo: MongoClient; databaseName: string; db: Db; queuePrefix: string };
}>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  databaseName: [async ({}, use) => use(uniqueName('db')), { scope: 'file' }],
  // biome-ignore lint/correctness/noEmptyPattern: as above
  queuePrefix: [async ({}, use) => use(uniqueName('queue')), { scope: 'file' }],
  mongo: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => {
      const client = await MongoClient.connect(mongodbUrl(), { ignoreUndefined: true }); // as connectMongo does
      await use(client);
      await client.close();
    },
    { scope: 'file' },
  ],
  db: [
    async ({ mongo, databaseName }, use) => {
      const db = mongo.db(databaseName);
      await use(db);
      await db.dropDatabase();
    },
    { scope: 'file' },
  ],
});
