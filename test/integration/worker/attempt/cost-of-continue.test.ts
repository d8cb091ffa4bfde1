// The CLI may start counting a conversation's cost from zero again. Its total is then the cost of this run.
import { expect, onTestFinished } from 'vitest';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { openApi } from '../../../support/api.ts';
import { test } from '../../../support/fleet.ts';

test('if a continue’s total is below its parent’s total, the continue costs its whole total, and budgets count that cost', async ({
  fleet,
}) => {
  await fleet.worker();
  const { env } = fleet;
  const { app, close } = await openApi({
    redis: env['REDIS_URL'] ?? '',
    mongodb: env['MONGODB_URL'] ?? '',
    prefix: env['QUEUE_PREFIX'] ?? '',
  });
  onTestFinished(close);
  const limit = '/v1/limits/tag/counted';
  await app.inject({ method: 'PUT', url: limit, payload: { max_usd_per_day: 100 } });
  const run = async (url: string, cost: number) => {
    const query = fakePrompt([{ cost }, { say: 'so' }]);
    const payload = { query, tags: ['counted'] };
    const { id } = (await app.inject({ method: 'POST', url, payload })).json();
    await fleet.ended(id);
    return (await app.inject({ url: `/v1/sessions/${id}` })).json();
  };

  const parent = await run('/v1/sessions', 0.5);
  // The fake adds its cost to the conversation's earlier cost, so its total is 0.2.
  const child = await run(`/v1/sessions/${parent.id}/continue`, -0.3);

  expect(child).toMatchObject({ status: 'completed', result: { total_cost_usd: 0.2 } });
  expect(child.totals.cost_usd).toBeCloseTo(0.2, 9);
  const { now } = (await app.inject({ url: limit })).json();
  expect(now.usd_today).toBeCloseTo(0.7, 9);
});
