// The dashboards as a person uses them: in Chromium, over HTTP, with keys.
import { once } from 'node:events';
import { UnrecoverableError, Worker } from 'bullmq';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { makeFullConfig, makeLaunchJob, makeSession } from '../../../support/factories.ts';
import type { KeyedApi } from '../../../support/keyed-api.ts';
import { redisUrl } from '../../../support/services.ts';
import { test as base } from '../../../support/visit.ts';

// Every secret of makeFullConfig() starts with this.
const SECRET = 's3cret';

const test = base.extend<{ $file: { failed: { id: string } } }>({
  failed: [
    async ({ keyed, queuePrefix }, use) => {
      const config = makeFullConfig();
      const metadata = { ticket: 7, api_token: `${SECRET}-metadata` };
      const job = makeLaunchJob({ title: 'Fix the build', metadata, config });
      await keyed.queue.add(job);
      const fail = async () => {
        throw new UnrecoverableError('EXECUTION_ERROR: it did not work');
      };
      const options = { connection: { url: redisUrl() }, prefix: queuePrefix };
      const worker = new Worker(keyed.queue.bull.name, fail, options);
      await once(worker, 'failed');
      await worker.close();
      const session = makeSession({ id: job.id, title: 'Fix the build', metadata, config });
      await keyed.stores.sessions.insertIfAbsent({
        ...session,
        status: 'failed',
        totals: { ...session.totals, cost_usd: 0.1234 },
        failure: {
          code: 'EXECUTION_ERROR',
          message: 'it did not work',
          retryable: false,
          attempt: 1,
          at: new Date(),
        },
      });
      await use({ id: job.id });
    },
    { scope: 'file' },
  ],
});

async function logIn(page: Page, keyed: KeyedApi, scope: 'read' | 'write'): Promise<void> {
  const { authorization } = await keyed.as(scope);
  await page.getByLabel('API key').fill(authorization.slice('Bearer '.length));
  await page.getByRole('button', { name: 'Log in' }).click();
}

describe('the dashboards in a browser', () => {
  test('let the holder of a key with read scope log in and move between job and session, and show no secret', async ({
    keyed,
    url,
    visit,
    failed,
  }) => {
    const { page } = visit;
    await page.goto(`${url}/queues`);
    await logIn(page, keyed, 'read');
    await page.waitForURL(`${url}/queues`);
    await page.getByRole('link', { name: 'sessions' }).first().click();
    await page.getByText('Fix the build · failed · $0.1234').waitFor();

    const seen: string[] = [];
    for (const tab of ['Error', 'Data', 'Options', 'Logs']) {
      await page.getByText(tab, { exact: true }).first().click();
      seen.push(await page.content());
    }
    expect(seen.join('')).toContain('[redacted]');

    const opened = page.waitForEvent('popup');
    await page.getByRole('link', { name: 'Session', exact: true }).click();
    const session = await opened;
    await session.waitForURL(`${url}/sessions/${failed.id}`);
    await session.getByRole('heading', { name: 'Fix the build' }).waitFor();
    seen.push(await session.content());
    expect(seen.at(-1)).toContain('EXECUTION_ERROR');
    await session.getByRole('link', { name: 'JSON' }).click();
    await session.waitForURL(/include=config/);
    seen.push(await session.content());
    await session.goBack();
    await session.getByRole('link', { name: 'Job' }).click();
    await session.waitForURL(`${url}/queues/queue/sessions/${failed.id}`);
    await session.getByText('Fix the build · failed').waitFor();
    await session.close();
    // The API returns the caller's own metadata, but no other secret may appear.
    expect(seen.join('').replaceAll(`${SECRET}-metadata`, '')).not.toContain(SECRET);
    expect(seen.slice(0, -1).join('')).not.toContain(SECRET);

    expect([...visit.origins]).toEqual([url]);
    expect(visit.complaints).toEqual([]);
  });

  test('show no action button to the holder of a key with read scope, and refuse a retry request', async ({
    keyed,
    url,
    visit: { page },
    failed,
  }) => {
    await page.goto(`${url}/queues/queue/sessions/${failed.id}`);
    await logIn(page, keyed, 'read');
    await page.getByText('Fix the build · failed').waitFor();
    // The board's action buttons, such as retry and promote, would follow the session link.
    const buttons = page.locator('xpath=//a[.="Session"]/following::button[not(@role="tab")]');
    expect(await buttons.count()).toBe(0);
    const retried = await page.evaluate(
      async (path) => (await fetch(path, { method: 'PUT' })).status,
      `/queues/api/queues/sessions/${failed.id}/retry`,
    );
    expect(retried).toBe(403);
    const job = await keyed.queue.bull.getJob(failed.id);
    expect(await job?.getState()).toBe('failed');
  });

  test('let the holder of a key with write scope cancel a session on its page and log out', async ({
    keyed,
    url,
    visit: { page },
  }) => {
    const { id } = await keyed.stores.sessions.insertIfAbsent(
      makeSession({ title: 'Wait for it' }),
    );
    await page.goto(`${url}/sessions`);
    await logIn(page, keyed, 'write');
    await page.getByRole('link', { name: 'Wait for it' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('cancelled').waitFor();
    expect((await keyed.stores.sessions.get(id))?.status).toBe('cancelled');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL(`${url}/login`);
    await page.goto(`${url}/sessions`);
    await page.getByLabel('API key').waitFor();
  });
});
