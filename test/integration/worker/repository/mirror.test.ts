import { chmod, mkdir, readdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger } from '@baton/core/internal';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { takeLock, tryLock } from '../../../../apps/worker/src/repository/folder-lock.ts';
import {
  MIRRORS,
  nameOfMirror,
  openMirror,
  USED,
} from '../../../../apps/worker/src/repository/mirror.ts';
import { sweepMirrors } from '../../../../apps/worker/src/repository/mirror-cache.ts';
import { nodeArguments } from '../../../../tools/process/node-arguments.ts';
import { waitFor } from '../../../support/wait.ts';
import { findText, openRepositoryScene, type RepositoryScene } from './repository-scene.ts';

let scene: RepositoryScene;

beforeAll(async () => {
  scene = await openRepositoryScene();
});

afterAll(() => scene.close());

/** Starts another process that holds the lock. Resolves once it does. */
async function holdElsewhere(path: string) {
  const child = execa(
    process.execPath,
    nodeArguments(join(import.meta.dirname, 'lock-holder-fixture.ts'), path),
    { reject: false, stdin: 'ignore' },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  // A child process is a promise of its end, so it cannot be returned as it is.
  return { kill: () => child.kill('SIGKILL') };
}

async function cutPacks(gitDir: string): Promise<void> {
  const folder = join(gitDir, 'objects/pack');
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.pack')) continue;
    await chmod(join(folder, name), 0o600);
    await truncate(join(folder, name), 20);
  }
}

describe('the lock of a mirror', () => {
  test('is held by one process at a time, and a killed process holds it no more', async () => {
    const path = join(await scene.folder(), 'lock');
    const holder = await holdElsewhere(path);
    expect(await tryLock(path)).toBeNull();
    const waiting = takeLock(path);
    holder.kill();
    const held = await waiting;
    expect(await tryLock(path)).toBeNull();
    await held.release();
    const again = await tryLock(path);
    expect(again).not.toBeNull();
    await again?.release();
  });

  test('is held by one of many that take it at once', async () => {
    const path = join(await scene.folder(), 'lock');
    let holders = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const held = await takeLock(path);
        holders += 1;
        most = Math.max(most, holders);
        await readdir(join(path, '..'));
        holders -= 1;
        await held.release();
      }),
    );
    expect(most).toBe(1);
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  test('of another container counts as abandoned once it shows no sign of life', async () => {
    const path = join(await scene.folder(), 'lock');
    await writeFile(path, '1 1 elsewhere token');
    expect(await tryLock(path)).toBeNull();
    const old = new Date(Date.now() - 3_600_000);
    await utimes(path, old, old);
    expect(await tryLock(path)).not.toBeNull();
  });

  test('is not waited for once the signal fires', async () => {
    const path = join(await scene.folder(), 'lock');
    const held = await takeLock(path);
    const stop = new AbortController();
    const waiting = takeLock(path, stop.signal);
    const reason = new Error('stop');
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await held.release();
  });
});

describe('the mirror of a repository', () => {
  test('serves many sessions at once, and each gets its clone', async () => {
    const repository = await scene.server.create('shared');
    const commit = await repository.commit({ a: 'a' });
    const url = scene.server.httpsUrl('shared');
    const clones = await Promise.all(Array.from({ length: 5 }, () => scene.clone({ url })));
    expect(clones.map(({ base }) => base.commit)).toEqual(Array(5).fill(commit));
    expect(await readdir(join(scene.deps.workRoot, MIRRORS, nameOfMirror(url, 1)))).toContain(USED);
  });

  test('is repaired if a process died in the middle of a fetch, or if an agent changed it', async () => {
    const repository = await scene.server.create('damaged');
    await repository.commit({ a: 'a' });
    const url = scene.server.httpsUrl('damaged');
    await scene.clone({ url });
    const gitDir = join(scene.deps.workRoot, MIRRORS, nameOfMirror(url, 1), 'git');
    await writeFile(join(gitDir, 'objects/pack/tmp_pack_x'), 'half a pack');
    await writeFile(join(gitDir, 'shallow.lock'), '');
    await mkdir(join(gitDir, 'objects/info'), { recursive: true });
    await writeFile(join(gitDir, 'objects/info/alternates'), '/srv/baton/other/objects\n');
    await writeFile(join(gitDir, 'config'), 'broken [');
    await writeFile(join(gitDir, 'HEAD'), 'broken');
    await repository.commit({ a: 'b' });
    await expect(scene.clone({ url })).resolves.toBeDefined();
    expect(await readdir(join(gitDir, 'objects/pack'))).not.toContain('tmp_pack_x');
  });

  test.for<[string, (gitDir: string, commit: string) => Promise<unknown>]>([
    [
      'the lock of a ref',
      (gitDir, commit) => writeFile(join(gitDir, 'refs/baton', `${commit}.lock`), ''),
    ],
    ['an empty ref', (gitDir, commit) => writeFile(join(gitDir, 'refs/baton', commit), '')],
    [
      'a broken list of shallow commits',
      (gitDir) => writeFile(join(gitDir, 'shallow'), 'broken\n'),
    ],
    ['half a pack', cutPacks],
  ])('is filled anew if %s is left in it', async ([name, damage]) => {
    const id = name.replaceAll(' ', '-');
    const repository = await scene.server.create(id);
    const first = await repository.commit({ a: 'a'.repeat(5_000) });
    const url = scene.server.httpsUrl(id);
    await scene.clone({ url });
    const gitDir = join(scene.deps.workRoot, MIRRORS, nameOfMirror(url, 1), 'git');
    await damage(gitDir, first);
    expect((await scene.clone({ url })).base.commit).toBe(first);
    const next = await repository.commit({ a: 'b' });
    await damage(gitDir, next);
    expect((await scene.clone({ url })).base.commit).toBe(next);
  });

  test('is left free by an attempt that was ended', async () => {
    const url = 'https://git.example.com/free.git';
    const { workRoot, git } = scene.deps;
    const stop = new AbortController();
    const options = { workRoot, url, depth: 1, git };
    const mirror = await openMirror(options);
    const waiting = openMirror({ ...options, signal: stop.signal });
    stop.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    await mirror.close();
    await (await openMirror(options)).close();
  });

  test('holds no URL', async () => {
    const repository = await scene.server.create('unnamed-repository');
    await repository.commit({ a: 'a' });
    await scene.clone({ url: scene.server.httpsUrl('unnamed-repository') });
    expect(await findText(join(scene.deps.workRoot, MIRRORS), 'unnamed-repository')).toEqual([]);
  });
});

describe('the mirrors of a host', () => {
  test('beyond the bound are removed, the least recently used first, unless they are in use', async () => {
    const workRoot = await scene.folder();
    const root = join(workRoot, MIRRORS);
    await mkdir(root);
    const names = ['a', 'b', 'c'].map((letter) => letter.repeat(40));
    for (const [index, name] of names.entries()) {
      await mkdir(join(root, name));
      await writeFile(join(root, name, 'pack'), '0'.repeat(1000));
      await writeFile(join(root, name, USED), '');
      const used = new Date(Date.now() - (10 - index) * 60_000);
      await utimes(join(root, name, USED), used, used);
    }
    const log = createLogger('test', 'silent');
    expect(await sweepMirrors({ workRoot, maxBytes: 3000, log })).toBe(0);
    const held = await takeLock(join(root, `${names[0]}.lock`));
    expect(await sweepMirrors({ workRoot, maxBytes: 2500, log })).toBe(1);
    await held.release();
    expect((await readdir(root)).sort()).toEqual([names[0], names[2]]);
    expect(await sweepMirrors({ workRoot, maxBytes: 0, log })).toBe(2);
    await waitFor('the mirrors to be gone', async () => (await readdir(root)).length === 0);
  });

  test('are none on a host without a repository', async () => {
    const log = createLogger('test', 'silent');
    expect(await sweepMirrors({ workRoot: await scene.folder(), maxBytes: 0, log })).toBe(0);
  });
});
