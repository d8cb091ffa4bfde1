// The API reference as a newcomer uses it: in Chromium, over HTTP, with a key.
import { describe, expect } from 'vitest';
import { test } from '../../../support/visit.ts';

interface Operation {
  summary: string;
}

describe('the reference at /docs in a browser', () => {
  test('lists every operation, shows an example, and can send the example', async ({
    keyed,
    url,
    visit,
  }) => {
    const { page } = visit;
    await page.goto(`${url}/docs/`);
    expect(await page.title()).toBe('Baton API');
    await page.getByRole('heading', { name: 'Begin', exact: true }).waitFor();
    const { paths, tags } = (await keyed.app.inject({ url: '/openapi.json' })).json();
    for (const { 'x-displayName': name } of tags.slice(1)) {
      await page.getByRole('button', { name: `Open Group - ${name}` }).click();
    }
    const operations = Object.values<Record<string, Operation>>(paths).flatMap(Object.values);
    for (const { summary } of operations) {
      await page.getByRole('listitem').getByRole('link', { name: summary }).first().waitFor();
    }

    await page.getByRole('listitem').getByRole('link', { name: 'Launch a session' }).click();
    const launch = page.getByRole('region', { name: 'Launch a session' });
    await launch.getByText('Only a prompt').waitFor();
    await launch.getByText('A session that was just queued').first().waitFor();
    await launch.getByRole('button', { name: 'Test Request' }).click();
    const { authorization } = await keyed.as('write');
    const client = page.getByRole('dialog');
    await client.getByPlaceholder('Token').fill(authorization.slice('Bearer '.length));
    const [answer] = await Promise.all([
      page.waitForResponse((one) => one.url() === `${url}/v1/sessions`),
      client.getByRole('button', { name: /^Send post request/ }).click(),
    ]);
    expect(answer.status()).toBe(202);
    expect(await answer.json()).toMatchObject({
      status: 'queued',
      query: expect.stringContaining('adds tax once'),
    });

    expect([...visit.origins]).toEqual([url]);
    expect(visit.complaints).toEqual([]);
  });
});
