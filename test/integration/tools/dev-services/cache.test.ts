import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect } from 'vitest';
import { installOnce } from '../../../../tools/dev-services/cache.ts';
import { createGuardian } from '../../../../tools/dev-services/guardian.ts';
import type { Host } from '../../../../tools/dev-services/host.ts';
import { waitFor } from '../../../support/wait.ts';

const test = base.extend<{ cache: string; host: Pick<Host, 'cache' | 'guardian' | 'log'> }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  cache: async ({}, use) => {
    const cache = await mkdtemp(join(tmpdir(), 'baton-cache-'));
    await use(cache);
    await rm(cache, { recursive: true });
  },
  host: async ({ cache }, use) => {
    const guardian = createGuardian({ PATH: process.env['PATH'] });
    await use({ cache, guardian, log: () => {} });
    await guardian.close();
  },
});

function builds(text: string, between: () => Promise<unknown> = async () => {}) {
  return async (folder: string) => {
    await writeFile(join(folder, 'first'), text);
    await between();
    await writeFile(join(folder, 'second'), text);
  };
}

test('the later of two concurrent installs waits and uses the result of the first', async ({
  host,
  cache,
}) => {
  const bothBegan = Promise.withResolvers<void>();
  const log = () => bothBegan.resolve();
  const first = installOnce(
    host,
    'tool-1',
    builds('a', () => bothBegan.promise),
  );
  await waitFor('the first draft', async () => (await readdir(cache)).length === 1);
  const second = installOnce({ ...host, log }, 'tool-1', builds('b'));
  expect(await Promise.all([first, second])).toEqual([
    join(cache, 'tool-1'),
    join(cache, 'tool-1'),
  ]);
  expect(await readdir(cache)).toEqual(['tool-1']);
  expect(await readFile(join(cache, 'tool-1', 'second'), 'utf8')).toBe('a');
});

test('if two installs build at the same time, both use the result that was finished first', async ({
  host,
  cache,
}) => {
  const location = join(cache, 'tool-1');
  const another = async () => {
    await mkdir(location);
    await writeFile(join(location, 'whole'), 'theirs');
  };
  expect(await installOnce(host, 'tool-1', builds('ours', another))).toBe(location);
  expect(await readdir(location)).toEqual(['whole']);
  expect(await readdir(cache)).toEqual(['tool-1']);
});

test('an install appears under its name only when it is complete', async ({ host, cache }) => {
  const seen: string[] = [];
  const look = async () => seen.push(...(await readdir(cache)));
  await installOnce(host, 'tool-1', builds('a', look));
  expect(seen).toEqual([expect.stringMatching(/^\.draft-tool-1-/)]);
});

test('a failed install leaves no files, and the next install builds again', async ({
  host,
  cache,
}) => {
  const fails = builds('a', () => Promise.reject(new Error('registry away')));
  await expect(installOnce(host, 'tool-1', fails)).rejects.toThrow('registry away');
  expect(await readdir(cache)).toEqual([]);
  const location = await installOnce(host, 'tool-1', builds('b'));
  expect(await readFile(join(location, 'second'), 'utf8')).toBe('b');
});

test('a complete install is not built again', async ({ host }) => {
  await installOnce(host, 'tool-1', builds('a'));
  const location = await installOnce(host, 'tool-1', builds('b'));
  expect(await readFile(join(location, 'first'), 'utf8')).toBe('a');
});

test('an incomplete install is never used, and is removed when it is more than a day old', async ({
  host,
  cache,
}) => {
  const [old, young] = [join(cache, '.draft-tool-1-old'), join(cache, '.draft-tool-1-young')];
  for (const draft of [old, young]) await mkdir(draft);
  const twoDaysAgo = new Date(Date.now() - 48 * 60 * 60 * 1000);
  await utimes(old, twoDaysAgo, twoDaysAgo);
  const location = await installOnce(host, 'tool-1', builds('a'));
  expect(await readdir(location)).toEqual(['first', 'second']);
  expect(await readdir(cache)).toEqual(['.draft-tool-1-young', 'tool-1']);
});
