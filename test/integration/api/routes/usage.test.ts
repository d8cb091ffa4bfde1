import { NO_TOTALS } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, test } from '../../../support/api.ts';
import { makeCompletedSession } from '../../../support/factories.ts';

const DAY_MS = 24 * 3600 * 1000;

async function read(api: Api, query: string) {
  const answer = await api.app.inject({ url: `/v1/usage?${query}` });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

function keep(api: Api, daysAgo: number, cost: number) {
  const end_time = new Date(Date.now() - daysAgo * DAY_MS);
  const totals = { ...NO_TOTALS, cost_usd: cost, cost_estimated_usd: cost / 2 };
  return api.stores.sessions.insertIfAbsent(
    makeCompletedSession({ end_time, totals, tags: [`tag-${cost}`] }),
  );
}

describe('GET /v1/usage', () => {
  test('sums the usage of the last 30 days, grouped by day and in the order of the days', async ({
    api,
  }) => {
    await keep(api, 3, 1);
    await keep(api, 1, 2);
    await keep(api, 40, 4);

    const usage = await read(api, 'group_by=day');

    expect(usage.total).toMatchObject({ sessions: 2, cost_usd: 3, cost_estimated_usd: 1.5 });
    expect(usage.groups.map((group: { cost_usd: number }) => group.cost_usd)).toEqual([1, 2]);
    expect(usage.groups[0].group).toBe(
      new Date(Date.now() - 3 * DAY_MS).toISOString().slice(0, 10),
    );
    expect(Date.parse(usage.to) - Date.parse(usage.from)).toBe(30 * DAY_MS);
  });

  test('sums the usage of a given period for one tag', async ({ api }) => {
    await keep(api, 100, 8);
    const from = new Date(Date.now() - 101 * DAY_MS).toISOString();
    expect((await read(api, `from=${from}&tag=tag-8`)).total).toMatchObject({ cost_usd: 8 });
    expect(await read(api, `from=${from}&group_by=tag`)).toMatchObject({
      groups: expect.arrayContaining([expect.objectContaining({ group: 'tag-8', sessions: 1 })]),
    });
  });

  test('sums the usage of a whole conversation, however old the conversation is', async ({
    api,
  }) => {
    const { id } = await keep(api, 1000, 16);
    const usage = await read(api, `root_session_id=${id}`);
    expect(usage).toMatchObject({ total: { sessions: 1, cost_usd: 16 } });
    expect(usage).not.toHaveProperty('from');
  });

  test.for([
    'group_by=hour',
    'from=yesterday',
    'from=2026-02-01&to=2026-01-01',
    'from=2020-01-01&to=2026-01-01',
    'root_session_id=x',
    'other=1',
  ])('refuses %s', async (query, { api }) => {
    const answer = await api.app.inject({ url: `/v1/usage?${query}` });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({ code: 'INVALID_REQUEST', details: {} });
  });
});
