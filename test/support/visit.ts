import type { Browser, Page } from 'playwright-core';
import { openBrowser } from './browser.ts';
import { test as base } from './keyed-api.ts';

/** A page of a browser, and a record of what it fetched and which errors it logged. */
export interface Visit {
  page: Page;
  /** The origins from which the page fetched something. */
  origins: Set<string>;
  /**
   * The errors that the pages logged, without errors about the web fonts that Bull Board would
   * load.
   */
  complaints: string[];
}

/** `test` with an API that asks for keys and listens on a free port, and with a page of a browser. */
export const test = base.extend<{
  $file: { url: string; browser: Browser };
  $test: { visit: Visit };
}>({
  url: [
    async ({ keyed }, use) => use(await keyed.app.listen({ host: '127.0.0.1', port: 0 })),
    { scope: 'file' },
  ],
  browser: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
    async ({}, use) => {
      const { browser, close } = await openBrowser();
      await use(browser);
      await close();
    },
    { scope: 'file' },
  ],
  visit: async ({ browser }, use) => {
    const context = await browser.newContext();
    context.setDefaultTimeout(10_000);
    const visit: Visit = { page: await context.newPage(), origins: new Set(), complaints: [] };
    context.on('requestfinished', (request) => visit.origins.add(new URL(request.url()).origin));
    context.on('console', (message) => {
      const isFonts = message.text().includes('https://fonts.googleapis.com');
      if (message.type() === 'error' && !isFonts) visit.complaints.push(message.text());
    });
    context.on('weberror', (error) => visit.complaints.push(String(error.error())));
    await use(visit);
    await context.close();
  },
});
