import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test as base, describe, expect } from 'vitest';
import { writeAddressFile } from '../../../../scripts/stack/address-file.ts';

const run = promisify(execFile);
const VARIABLES = {
  REDIS_URL: "redis://:p$a'ss\n@127.0.0.1:1",
  MONGODB_URL: 'mongodb://u:"#`\\n@127.0.0.1:2',
  QUEUE_PREFIX: "o'brien",
};
const EXPECTED = [
  'redis://:p$a%27ss%0A@127.0.0.1:1',
  'mongodb://u:"#`\\n@127.0.0.1:2',
  "o'brien",
  '',
].join('\n');

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
    const script = `. ./env && sh -c 'printf "%s\\n" "$REDIS_URL" "$MONGODB_URL" "$QUEUE_PREFIX"'`;
    expect((await run('sh', ['-c', script], { cwd: folder, env: {} })).stdout).toBe(EXPECTED);
  });

  test('sets every variable in Node with --env-file', async ({ folder }) => {
    await writeAddressFile(join(folder, 'env'), VARIABLES);
    const program = `for (const name of ${JSON.stringify(Object.keys(VARIABLES))}) console.log(process.env[name])`;
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
});
