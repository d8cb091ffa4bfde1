import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test as base, describe, expect } from 'vitest';
import { joinCeilings, withGitCeiling } from '../../../../apps/worker/src/claude/git-ceiling.ts';

const PATH = process.env['PATH'] ?? '';

const test = base.extend<{ folder: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  folder: async ({}, use) => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'baton-ceiling-')));
    await use(folder);
    await rm(folder, { recursive: true });
  },
});

async function makeRepository(...path: string[]): Promise<string> {
  const folder = join(...path);
  await mkdir(folder, { recursive: true });
  await promisify(execFile)('git', ['init', '--quiet'], { cwd: folder, env: { PATH } });
  return folder;
}

/** The repository that git finds from here, or undefined. */
async function repositoryOf(cwd: string, env: Record<string, string>): Promise<string | undefined> {
  await mkdir(cwd, { recursive: true });
  const options = { cwd, env: { PATH, ...env } };
  return promisify(execFile)('git', ['rev-parse', '--show-toplevel'], options).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

describe('git below WORK_ROOT', () => {
  test('finds no repository at or above WORK_ROOT', async ({ folder }) => {
    await makeRepository(folder);
    const workRoot = await makeRepository(folder, 'work');
    const env = withGitCeiling({}, workRoot);
    expect(await repositoryOf(join(workRoot, 'conversation'), {})).toBe(workRoot);
    expect(await repositoryOf(join(workRoot, 'conversation'), env)).toBeUndefined();
    expect(await repositoryOf(join(workRoot, 'conversation', 'deep'), env)).toBeUndefined();
  });

  test('finds a session’s own repository', async ({ folder }) => {
    await makeRepository(folder);
    const own = await makeRepository(folder, 'work', 'conversation', 'clone');
    const env = withGitCeiling({}, join(folder, 'work'));
    expect(await repositoryOf(own, env)).toBe(own);
    expect(await repositoryOf(join(own, 'src'), env)).toBe(own);
  });

  test('finds repositories outside WORK_ROOT', async ({ folder }) => {
    const other = await makeRepository(folder, 'other');
    const env = withGitCeiling({}, join(folder, 'work'));
    expect(await repositoryOf(join(other, 'src'), env)).toBe(other);
  });

  test('keeps the operator’s own ceilings', async ({ folder }) => {
    const other = await makeRepository(folder, 'other');
    const operator = { GIT_CEILING_DIRECTORIES: other };
    const env = withGitCeiling(operator, join(folder, 'work'));
    expect(env['GIT_CEILING_DIRECTORIES']).toBe(`${other}:${join(folder, 'work')}`);
    expect(await repositoryOf(join(other, 'src'), env)).toBeUndefined();
  });
});

test.for([
  [[undefined, undefined], {}],
  [['', '/work'], { GIT_CEILING_DIRECTORIES: '/work' }],
  [['/a:/b', '/work'], { GIT_CEILING_DIRECTORIES: '/a:/b:/work' }],
] as const)('the ceilings %j are joined to one variable', ([ceilings, expected]) => {
  expect(joinCeilings(...ceilings)).toEqual(expected);
});
