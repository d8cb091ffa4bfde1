import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { cacheDir, type Environment } from '../../tools/dev-services/environment.ts';
import { findChromium } from '../../tools/dev-services/find-chromium.ts';
import { createGuardian } from '../../tools/dev-services/guardian.ts';

/**
 * Opens a headless Chromium with its own home folder, and installs Chromium if the machine has
 * none. If no Chromium works, the error lists what was tried.
 */
export async function openBrowser(
  env: Environment = process.env,
): Promise<{ browser: Browser; close(): Promise<void> }> {
  const found = await findBrowser(env);
  const home = await mkdtemp(join(tmpdir(), 'baton-browser-'));
  const browser = await chromium.launch({
    executablePath: found.program,
    // /dev/shm is small in containers.
    args: ['--disable-dev-shm-usage', '--disable-gpu'],
    env: { HOME: home, PATH: env['PATH'] ?? '', TMPDIR: home, ...found.env },
  });
  return {
    browser,
    async close() {
      await browser.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function findBrowser(env: Environment) {
  const guardian = createGuardian(env);
  try {
    const log = (line: string) => console.error(`browser: ${line}`);
    return await findChromium({ env, cache: cacheDir(env), guardian, log });
  } finally {
    await guardian.close();
  }
}
