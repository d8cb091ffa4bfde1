import { mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeWorkDir } from '../../../../apps/worker/src/host/work-dirs.ts';
import { makeWorkRoot } from '../../../../apps/worker/src/host/work-root.ts';

async function createFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'baton-work-root-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('the work root', () => {
  test('is created with its parents, and may exist already', async () => {
    const folder = await createFolder();
    const root = join(folder, 'a/b/work');
    expect(await makeWorkRoot(root)).toBe(root);
    expect(await makeWorkRoot(root)).toBe(root);
  });

  test('is returned without symlinks', async () => {
    const folder = await createFolder();
    await symlink(folder, join(folder, 'link'));
    expect(await makeWorkRoot(join(folder, 'link/work'))).toBe(join(folder, 'work'));
  });

  test.skipIf(process.platform !== 'linux').for(['/proc/nope', '/proc/nope/deeper'])(
    'is refused at %s, where no folder can be created',
    async (path) => {
      await expect(makeWorkRoot(path)).rejects.toMatchObject({
        code: 'INVALID_CONFIG',
        message: expect.stringContaining(`WORK_ROOT: cannot make the directory ${path} (ENOENT)`),
      });
    },
  );

  test('is refused if it is a file', async () => {
    const file = join(await createFolder(), 'file');
    await writeFile(file, '');
    for (const [path, code] of [
      [file, 'EEXIST'],
      [join(file, 'below'), 'ENOTDIR'],
    ] as const) {
      await expect(makeWorkRoot(path)).rejects.toThrow(`${path} (${code})`);
    }
  });

  test('is refused if its file system does not answer', async () => {
    const hung = () => new Promise<void>(() => {});
    await expect(makeWorkRoot('/mnt/hung', 5, hung)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('no answer within 5 ms'),
    });
  });
});

describe('the directory of a conversation', () => {
  test('is refused if a file has its path', async () => {
    const root = await createFolder();
    await writeFile(join(root, 'conversation'), '');
    await expect(makeWorkDir(root, 'conversation')).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test('is created together with its mark', async () => {
    const root = await createFolder();
    expect(await makeWorkDir(root, 'conversation')).toBe(join(root, 'conversation'));
    expect(await readdir(join(root, '.conversations'))).toEqual(['conversation']);
  });
});
