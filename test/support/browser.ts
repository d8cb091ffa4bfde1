import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** A headless Chromium of this machine's, in a folder of its own; throws, saying what to do, where there is none. */
export async function openBrowser(
  path = process.env['PATH'] ?? '',
): Promise<{ browser: Browser; close(): Promise<void> }> {
  const executablePath = await findChromium(path);
  const home = await mkdtemp(join(tmpdir(), 'baton-browser-'));
  const browser = await chromium.launch({
    executablePath,
    // /dev/shm is small in containers.
    args: ['--disable-dev-shm-usage', '--disable-gpu'],
    env: { HOME: home, PATH: path, TMPDIR: home },
  });
  return {
    browser,
    async close() {
      await browser.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function findChromium(path: string): Promise<string> {
  const folders = path.split(delimiter);
  for (const name of NAMES) {
    for (const folder of folders) {
      const file = join(folder, name);
      const isThere = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) return file;
    }
  }
  throw new Error('no Chromium on PATH: install it (Debian: apt-get install chromium)');
}
