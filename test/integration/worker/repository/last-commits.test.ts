import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLastCommits } from '../../../../apps/worker/src/repository/last-commits.ts';

const commit = (digit: string) => digit.repeat(40);

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-last-commits-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('the last commit of each ref is kept', async () => {
  const file = join(await newFolder(), 'commits');
  expect(await openLastCommits(file).recall('main')).toBeNull();
  await openLastCommits(file).remember('main', commit('a'));
  await openLastCommits(file).remember(undefined, commit('b'));
  await openLastCommits(file).remember('main', commit('c'));
  expect(await openLastCommits(file).recall('main')).toBe(commit('c'));
  expect(await openLastCommits(file).recall(undefined)).toBe(commit('b'));
});

test('the oldest refs are dropped beyond a hundred', async () => {
  const file = join(await newFolder(), 'commits');
  const commits = openLastCommits(file);
  for (let number = 0; number <= 100; number += 1) {
    await commits.remember(`ref-${number}`, commit('a'));
  }
  expect(await commits.recall('ref-0')).toBeNull();
  expect(await commits.recall('ref-1')).toBe(commit('a'));
});

test.each<[string, (file: string, folder: string) => Promise<unknown>]>([
  ['text that is no JSON', (file) => writeFile(file, '{')],
  ['an option in place of a commit', (file) => writeFile(file, '[["main","--upload-pack=x"]]')],
  ['a folder', (file) => mkdir(file)],
  [
    'a link to another file',
    async (file, folder) => {
      await writeFile(join(folder, 'other'), 'kept');
      await symlink(join(folder, 'other'), file);
    },
  ],
])('a file that an agent replaced counts as absent, and is replaced: %s', async (_, replace) => {
  const folder = await newFolder();
  const file = join(folder, 'commits');
  await replace(file, folder);
  const commits = openLastCommits(file);
  expect(await commits.recall('main')).toBeNull();
  await commits.remember('main', commit('a'));
  expect(await commits.recall('main')).toBe(commit('a'));
  const other = await readFile(join(folder, 'other'), 'utf8').catch(() => 'kept');
  expect(other).toBe('kept');
});
