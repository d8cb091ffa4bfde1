import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Capture, createLogger, type PackRef } from '@baton/core/internal';
import { describe, expect, onTestFinished } from 'vitest';
import {
  type CaptureCache,
  type CaptureCacheOptions,
  createCaptureCache,
} from '../../../../apps/api/src/captures/capture-cache.ts';
import { removeDeadFolders } from '../../../../apps/api/src/captures/own-folder.ts';
import { makeCompletedSession } from '../../../support/factories.ts';
import { untilPasses } from '../../../support/wait.ts';
import { test as base, write } from '../routes/workspace-scene.ts';

const SIGNAL = new AbortController().signal;

const test = base.extend<{ $test: { directory: string } }>({
  directory: async ({ task: _task }, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'baton-capture-cache-'));
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },
});

function openCache(
  options: Pick<CaptureCacheOptions, 'captures' | 'directory'> & Partial<CaptureCacheOptions>,
) {
  const logged: string[] = [];
  const log = createLogger('api', 'trace', { write: (line) => logged.push(line) });
  const path = process.env['PATH'] ?? '';
  const cache = createCaptureCache({ maxBytes: 1024 ** 3, path, log, ...options });
  onTestFinished(() => cache.close());
  return { cache, logged };
}

async function readA(cache: CaptureCache, root: string, capture: Capture): Promise<string> {
  const { git, shadow, release } = await cache.open(root, capture.packs, SIGNAL);
  const text = await git.run(shadow, ['cat-file', 'blob', `${capture.commit}:tree/a`]);
  release();
  return text.toString();
}

describe('the cache of captures', () => {
  test('serves two processes from one directory, and each removes its own files', async ({
    api,
    workspace,
    directory,
  }) => {
    write(workspace.tree, { a: 'one' });
    const session = makeCompletedSession();
    const capture = await workspace.capture(session);
    const { captures } = api.stores;
    const caches = [openCache({ captures, directory }), openCache({ captures, directory })];
    const texts = await Promise.all(caches.map(({ cache }) => readA(cache, session.id, capture)));
    expect(texts).toEqual(['one', 'one']);
    expect(await readdir(directory)).toHaveLength(2);
    for (const { cache } of caches) await cache.close();
    expect(await readdir(directory)).toEqual([]);
  });

  test('fetches each pack once, also for requests at the same time and later captures', async ({
    api,
    workspace,
    directory,
  }) => {
    write(workspace.tree, { a: 'one' });
    const session = makeCompletedSession();
    const first = await workspace.capture(session);
    write(workspace.tree, { a: 'two' });
    const second = await workspace.capture(session, first);
    const fetched: string[] = [];
    const captures = {
      read(pack: PackRef) {
        fetched.push(pack.id);
        return api.stores.captures.read(pack);
      },
    };
    const { cache } = openCache({ captures, directory });
    const texts = await Promise.all(
      [first, first, second, second].map((one) => readA(cache, session.id, one)),
    );
    expect(texts).toEqual(['one', 'one', 'two', 'two']);
    expect(fetched).toEqual(second.packs.map(({ id }) => id));
  });

  test('removes the least recently used conversation that nobody reads', async ({
    api,
    workspace,
    directory,
  }) => {
    const { captures } = api.stores;
    const { cache } = openCache({ captures, directory, maxBytes: 2_500_000 });
    const made: { id: string; capture: Capture }[] = [];
    for (let n = 0; n < 3; n += 1) {
      write(workspace.tree, { a: `${n}`, large: randomBytes(1_000_000) });
      const session = makeCompletedSession();
      made.push({ id: session.id, capture: await workspace.capture(session) });
    }
    const [first, second, third] = made;
    if (!first || !second || !third) throw new Error('expected three captures');
    expect(await readA(cache, first.id, first.capture)).toBe('0');
    expect(await readA(cache, second.id, second.capture)).toBe('1');
    const lease = await cache.open(first.id, first.capture.packs, SIGNAL);
    expect(await readA(cache, third.id, third.capture)).toBe('2');
    const [own = ''] = await readdir(directory);
    expect((await readdir(join(directory, own))).sort()).toEqual([first.id, third.id].sort());
    const held = await cache.open(third.id, third.capture.packs, SIGNAL);
    await expect(readA(cache, second.id, second.capture)).rejects.toMatchObject({
      code: 'CAPACITY_EXCEEDED',
      details: { retry_after_s: 5 },
    });
    held.release();
    lease.release();
    expect(await readA(cache, second.id, second.capture)).toBe('1');
  });

  test('refuses a conversation that is larger than the cache, and names the setting', async ({
    api,
    workspace,
    directory,
  }) => {
    write(workspace.tree, { a: 'one' });
    const session = makeCompletedSession();
    const capture = await workspace.capture(session);
    const { cache } = openCache({ captures: api.stores.captures, directory, maxBytes: 10 });
    await expect(readA(cache, session.id, capture)).rejects.toThrow('CAPTURE_CACHE_BYTES');
  });

  test('fetches for one request at a time, and refuses those beyond a short queue', async ({
    api,
    workspace,
    directory,
  }) => {
    write(workspace.tree, { a: 'one' });
    const session = makeCompletedSession();
    const capture = await workspace.capture(session);
    const gate = Promise.withResolvers<void>();
    const captures = {
      async *read(pack: PackRef) {
        await gate.promise;
        yield* api.stores.captures.read(pack);
      },
    };
    const { cache } = openCache({ captures, directory });
    const results = Array.from({ length: 12 }, (_, n) => readA(cache, `root-${n}`, capture));
    const refused = Promise.allSettled(results.slice(9));
    for (const { status, ...rest } of await refused) {
      expect({ status, ...rest }).toMatchObject({
        status: 'rejected',
        reason: { code: 'CAPACITY_EXCEEDED', details: { retry_after_s: 5 } },
      });
    }
    gate.resolve();
    expect(await Promise.all(results.slice(0, 9))).toEqual(Array(9).fill('one'));
  });

  test('removes a conversation that nobody has read for a while', async ({
    api,
    workspace,
    directory,
  }) => {
    write(workspace.tree, { a: 'one' });
    const session = makeCompletedSession();
    const capture = await workspace.capture(session);
    const { cache } = openCache({ captures: api.stores.captures, directory, keepMs: 40 });
    const lease = await cache.open(session.id, capture.packs, SIGNAL);
    const [own = ''] = await readdir(directory);
    const held = () => readdir(join(directory, own));
    expect(await held()).toEqual([session.id]);
    lease.release();
    await untilPasses(async () => expect(await held()).toEqual([]));
    expect(await readA(cache, session.id, capture)).toBe('one');
  });

  test('fetches nothing for a request that was given up while it waited', async ({
    api,
    workspace,
    directory,
  }) => {
    write(workspace.tree, { a: 'one' });
    const session = makeCompletedSession();
    const capture = await workspace.capture(session);
    const { cache } = openCache({ captures: api.stores.captures, directory });
    const reason = new Error('gone');
    const given = cache.open(session.id, capture.packs, AbortSignal.abort(reason));
    await expect(given).rejects.toBe(reason);
    expect(await readA(cache, session.id, capture)).toBe('one');
  });

  test('says that a pack is damaged, and serves it once it is whole', async ({
    api,
    workspace,
    directory,
  }) => {
    write(workspace.tree, { a: 'one' });
    const session = makeCompletedSession();
    const capture = await workspace.capture(session);
    let isWhole = false;
    const captures = {
      async *read(pack: PackRef) {
        for await (const piece of api.stores.captures.read(pack)) {
          yield isWhole ? piece : piece.subarray(0, piece.length / 2);
        }
      },
    };
    const { cache } = openCache({ captures, directory });
    await expect(readA(cache, session.id, capture)).rejects.toMatchObject({
      code: 'WORKSPACE_CORRUPT',
    });
    isWhole = true;
    expect(await readA(cache, session.id, capture)).toBe('one');
  });

  test('fetches everything again if its files are removed under it', async ({
    api,
    workspace,
    directory,
  }) => {
    write(workspace.tree, { a: 'one' });
    const session = makeCompletedSession();
    const capture = await workspace.capture(session);
    const { cache } = openCache({ captures: api.stores.captures, directory });
    expect(await readA(cache, session.id, capture)).toBe('one');
    for (const name of await readdir(directory))
      await rm(join(directory, name), { recursive: true });
    expect(await readA(cache, session.id, capture)).toBe('one');
  });

  test('removes what a process left that was killed, once nobody has renewed it for long', async ({
    directory,
  }) => {
    const [dead, alive, other] = ['api-dead00', 'api-alive0', 'mine'].map((name) =>
      join(directory, name),
    ) as [string, string, string];
    for (const folder of [dead, alive, other]) await mkdir(folder);
    await writeFile(join(dead, 'tmp_pack'), 'half');
    await utimes(dead, new Date(0), new Date(0));
    await utimes(other, new Date(0), new Date(0));
    await removeDeadFolders(directory, Date.now() - 60_000);
    expect([dead, alive, other].map((folder) => existsSync(folder))).toEqual([false, true, true]);
  });

  test('says that the machine has no git, and logs it once', async ({ api, directory }) => {
    const { cache, logged } = openCache({
      captures: api.stores.captures,
      directory,
      path: '/nonexistent',
    });
    for (let n = 0; n < 2; n += 1) {
      await expect(cache.open('root', [], SIGNAL)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('no git is installed'),
        details: { reason: 'no_git' },
      });
    }
    await untilPasses(async () =>
      expect(logged.filter((line) => line.includes('no git'))).toHaveLength(1),
    );
  });

  test('says that its directory cannot be used', async ({ api, directory }) => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    const { cache } = openCache({ captures: api.stores.captures, directory: join(file, 'x') });
    await expect(cache.open('root', [], SIGNAL)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('ENOTDIR'),
    });
  });
});
