import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, describe, expect } from 'vitest';
import { downloadChromium } from '../../../../tools/dev-services/chromium-download.ts';
import { unpackChromium } from '../../../../tools/dev-services/chromium-unpack.ts';
import type { Environment } from '../../../../tools/dev-services/environment.ts';
import { findChromium } from '../../../../tools/dev-services/find-chromium.ts';
import { createGuardian } from '../../../../tools/dev-services/guardian.ts';
import type { Host } from '../../../../tools/dev-services/host.ts';
import { openBrowser } from '../../../support/browser.ts';
import { startEnvironment } from '../../../support/launcher.ts';
import { zipOf } from '../../../support/zip.ts';

const isLinux = process.platform === 'linux' && process.arch === 'x64';
const SAYS_ITS_VERSION = '#!/bin/sh\necho "Chromium 1.2.3"\n';
const NEEDS_LIBRARIES = `#!/bin/sh
[ -n "$LD_LIBRARY_PATH" ] && exec echo "Chromium 1.2.3"
echo "error while loading shared libraries: libnss3.so" >&2
exit 127
`;
const NEVER_RUNS = '#!/bin/sh\necho "install the real one" >&2\nexit 1\n';

const test = base.extend<{ folder: string; host: (env: Environment) => Host }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'baton-chromium-'));
    await use(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  },
  host: async ({ folder }, use) => {
    const guardian = createGuardian({ PATH: process.env['PATH'] });
    const cache = join(folder, 'cache');
    await mkdir(cache);
    await use((env) => ({ env, cache, guardian, log: () => {} }));
    await guardian.close();
  },
});

async function programs(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content, { mode: 0o755 });
  }
  return folder;
}

/** Writes this program to the path where the cache keeps the npm package's Chromium. */
async function unpackedBefore({ cache }: Host, program: string): Promise<void> {
  await programs(join(cache, 'chromium-153.0.0-linux-x64'), { chromium: program });
}

describe('a Chromium on PATH', () => {
  test('is preferred', async ({ folder, host }) => {
    const path = await programs(join(folder, 'bin'), { chromium: SAYS_ITS_VERSION });
    const found = await findChromium(host({ PATH: path }));
    expect(found.program).toBe(join(path, 'chromium'));
  });

  test('is skipped if it does not run', async ({ folder, host }) => {
    const path = await programs(join(folder, 'bin'), {
      chromium: NEVER_RUNS,
      'google-chrome': SAYS_ITS_VERSION,
    });
    const found = await findChromium(host({ PATH: path }));
    expect(found.program).toBe(join(path, 'google-chrome'));
  });
});

describe.runIf(isLinux)('the Chromium of the npm package', () => {
  test('is unpacked once by two concurrent calls, and renders text', async ({ folder, host }) => {
    const here = host({ PATH: '' });
    const [first, second] = await Promise.all([unpackChromium(here), unpackChromium(here)]);
    expect(first).toEqual(second);
    expect(await readdir(here.cache)).toEqual(['chromium-153.0.0-linux-x64']);

    const cacheHome = join(folder, 'home');
    await mkdir(cacheHome);
    await rename(here.cache, join(cacheHome, 'baton'));
    const { browser, close } = await openBrowser({ PATH: '', XDG_CACHE_HOME: cacheHome });
    const page = await browser.newPage();
    await page.setContent('<span>wide enough</span>');
    const box = await page.locator('span').boundingBox();
    await close();
    expect(box?.width).toBeGreaterThan(40);
  });

  test('uses its own libraries if the system lacks them', async ({ host }) => {
    const here = host({ PATH: process.env['PATH'] });
    await unpackedBefore(here, NEEDS_LIBRARIES);
    const found = await unpackChromium(here);
    expect(found?.env).toMatchObject({
      LD_LIBRARY_PATH: join(here.cache, 'chromium-153.0.0-linux-x64', 'al2023', 'lib'),
    });
  });

  test('uses the libraries of the system if they exist', async ({ host }) => {
    const here = host({ PATH: process.env['PATH'] });
    await unpackedBefore(here, SAYS_ITS_VERSION);
    expect(Object.keys((await unpackChromium(here))?.env ?? {})).toEqual(['FONTCONFIG_PATH']);
  });
});

test.for(['linux-arm64', 'darwin-arm64'])(
  'the npm package has no Chromium for %s',
  async (platform, { host }) => {
    expect(await unpackChromium(host({ PATH: '' }), platform)).toBeUndefined();
  },
);

test('Playwright’s Chromium is downloaded from its host once, then taken from the cache', async ({
  host,
}) => {
  const programs = [
    ...['linux64', 'mac-arm64', 'mac-x64'].map(
      (platform) => `chrome-headless-shell-${platform}/chrome-headless-shell`,
    ),
    'chrome-linux/headless_shell',
    'ffmpeg-linux',
    'ffmpeg-mac',
  ];
  const archive = zipOf(Object.fromEntries(programs.map((name) => [name, SAYS_ITS_VERSION])));
  let asked = 0;
  const mirror = createServer((_, response) => {
    asked += 1;
    response.setHeader('content-length', archive.length);
    response.end(archive);
  }).listen(0, '127.0.0.1');
  await once(mirror, 'listening');
  const { port } = mirror.address() as AddressInfo;
  const here = host(startEnvironment({ PLAYWRIGHT_DOWNLOAD_HOST: `http://127.0.0.1:${port}` }));

  const found = await downloadChromium(here);
  expect(found.program).toContain(here.cache);
  const askedByFirst = asked;
  expect(askedByFirst).toBeGreaterThan(0);
  expect(await downloadChromium(here)).toEqual(found);
  expect(asked).toBe(askedByFirst);
  mirror.close();
});

test('without any Chromium, the error lists what was tried and what to install', async ({
  folder,
  host,
}) => {
  const path = await programs(join(folder, 'bin'), { 'chromium-browser': NEVER_RUNS });
  const here = host({ PATH: path, PLAYWRIGHT_DOWNLOAD_HOST: 'http://127.0.0.1:1' });
  await unpackedBefore(here, NEVER_RUNS);
  await expect(findChromium(here)).rejects.toThrow(
    /^found no Chromium that runs here[\s\S]*on PATH: .*install the real one[\s\S]*@sparticuz\/chromium: [\s\S]*own download of Chromium: [\s\S]*Failed to download[\s\S]*apt-get install chromium/,
  );
});
