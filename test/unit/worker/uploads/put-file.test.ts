import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { PathBlockedError, putFile } from '../../../../apps/worker/src/uploads/put-file.ts';

let root: string;
let outside: string;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'baton-put-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  [root, outside] = [join(folder, 'work'), join(folder, 'outside')];
  await mkdir(root);
  await mkdir(outside);
});

function put(path: string, text = 'new', replaces = true) {
  async function* read() {
    yield Buffer.from(text.slice(0, 1));
    yield Buffer.from(text.slice(1));
  }
  return putFile({ root, path, draft: '.baton-draft', replaces, read });
}

const readAt = (path: string) => readFile(join(root, path), 'utf8');

describe('a file that is put into a directory', () => {
  test('is there with mode 0644, in folders that are made for it, without a draft beside it', async () => {
    await put('a/b/c.txt', 'text');
    expect(await readAt('a/b/c.txt')).toBe('text');
    expect((await stat(join(root, 'a/b/c.txt'))).mode & 0o777).toBe(0o644);
    expect(await readdir(join(root, 'a/b'))).toEqual(['c.txt']);
  });

  test('replaces a file, and the draft of an attempt that died', async () => {
    await writeFile(join(root, 'a'), 'old and long', { mode: 0o755 });
    await mkdir(join(root, '.baton-draft'));
    await put('a');
    expect(await readAt('a')).toBe('new');
    expect(await readdir(root)).toEqual(['a']);
  });

  test('leaves the file as it was if its bytes cannot be read to the end', async () => {
    await writeFile(join(root, 'a'), 'old');
    async function* read() {
      yield Buffer.from('n');
      throw new Error('the hash is wrong');
    }
    const putting = putFile({ root, path: 'a', draft: '.baton-draft', replaces: true, read });
    await expect(putting).rejects.toThrow('the hash is wrong');
    expect(await readdir(root)).toEqual(['a']);
    expect(await readAt('a')).toBe('old');
  });

  test.for<[string, string, () => unknown]>([
    ['a symlink to a folder outside', 'link/f', () => symlink(outside, join(root, 'link'))],
    ['a symlink to a folder inside', 'link/f', () => symlink('.', join(root, 'link'))],
    ['a symlink that leads nowhere', 'link/f', () => symlink('gone', join(root, 'link'))],
    ['a file in the middle', 'file/f', () => writeFile(join(root, 'file'), 'x')],
    ['a symlink at the end', 'f', () => symlink(join(outside, 'f'), join(root, 'f'))],
    ['a folder at the end', 'f', () => mkdir(join(root, 'f'))],
    ['a fifo at the end', 'f', () => execFileSync('mkfifo', [join(root, 'f')])],
  ])('is blocked by %s', async ([, path, prepare]) => {
    await prepare();
    await expect(put(path)).rejects.toBeInstanceOf(PathBlockedError);
    expect(await readdir(outside)).toEqual([]);
    // What an agent has made of the path stays if the file is only to be added.
    await put(path, 'new', false);
    expect(await readdir(outside)).toEqual([]);
  });

  test('is added only where nothing is', async () => {
    await writeFile(join(root, 'a'), 'edited');
    await put('a', 'new', false);
    await put('b', 'new', false);
    expect([await readAt('a'), await readAt('b')]).toEqual(['edited', 'new']);
  });
});
