import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test as base, describe, expect } from 'vitest';
import { writeAddressFile } from '../../../../scripts/stack/address-file.ts';

const run = promisify(execFile);
const VARIABLES = { REDIS_URL: "redis://:p$a'ss@127.0.0.1:1", QUEUE_PREFIX: 'baton' };
const EXPECTED = 'redis://:p$a%27ss@127.0.0.1:1 baton\n';

const test = base.extend<{ folder: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'baton-address-file-'));
    await use(folder);
    await rm(folder, { recursive: true });
  },
});

describe('the file with the addresses of npm start', () => {
  test('sets every variable in a shell that sources it', async ({ folder }) => {
    await writeAddressFile(join(folder, 'env'), VARIABLES);
    const script = '. ./env && sh -c \'echo "$REDIS_URL $QUEUE_PREFIX"\'';
    expect((await run('sh', ['-c', script], { cwd: folder, env: {} })).stdout).toBe(EXPECTED);
  });

  test('sets every variable in Node with --env-file', async ({ folder }) => {
    await writeAddressFile(join(folder, 'env'), VARIABLES);
    const program = 'console.log(process.env.REDIS_URL, process.env.QUEUE_PREFIX)';
    const args = ['--env-file=env', '--eval', program];
    const { stdout } = await run(process.execPath, args, { cwd: folder, env: {} });
    expect(stdout).toBe(EXPECTED);
  });

  test('is readable only by its owner, even if it replaces an older file', async ({ folder }) => {
    const path = join(folder, 'new', 'env');
    await writeAddressFile(path, VARIABLES);
    await writeAddressFile(path, VARIABLES);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('is removed at the end, unless a later start has replaced it', async ({ folder }) => {
    const path = join(folder, 'env');
    const first = await writeAddressFile(path, VARIABLES);
    const second = await writeAddressFile(path, { QUEUE_PREFIX: 'other' });
    await first.remove();
    expect(await readdir(folder)).toEqual(['env']);
    await second.remove();
    expect(await readdir(folder)).toEqual([]);
    await second.remove();
  });
});
