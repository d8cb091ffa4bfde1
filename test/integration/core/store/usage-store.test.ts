import {
  createSessionDeletion,
  NO_TOTALS,
  type Session,
  type Spending,
  type UsageStore,
} from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeChild, makeCompletedSession } from '../../../support/factories.ts';
import { test as base } from '../stores.ts';

const test = base.extend<{ $file: { usage: UsageStore } }>({
  usage: [async ({ stores }, use) => use(stores.usage), { scope: 'file' }],
});

/** Makes a session that ended on this day of March 2026 and cost `cost` dollars. */
function spent(day: number, cost: number, fields: Partial<Session> = {}): Session {
  return makeCompletedSession({
    end_time: new Date(Date.UTC(2026, 2, day, 23, 59, 59, 999)),
    totals: { ...NO_TOTALS, cost_usd: cost, num_turns: 1, input_tokens: 10, output_tokens: 2 },
    ...fields,
  });
}

const MARCH = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-04-01T00:00:00Z') };

function costs(groups: { group: string | null; spending: Spending }[]) {
  return Object.fromEntries(groups.map(({ group, spending }) => [group, spending.cost_usd]));
}

describe('the usage', () => {
  test('is summed over sessions that ended in the period, in total and by each group', async ({
    stores,
    usage,
  }) => {
    const estimated = { cost_estimated_usd: 0.5, unpriced_tokens: 7 };
    const all = [
      spent(1, 1, { model: 'opus', tags: ['a', 'b'], api_key_id: 'k1' }),
      spent(1, 2, { model: 'opus', tags: ['a'], api_key_id: 'k2' }),
      spent(2, 4, { model: 'haiku', api_key_id: 'k1' }),
      spent(31, 8, { totals: { ...NO_TOTALS, cost_usd: 8, ...estimated } }),
      spent(32, 16),
    ];
    for (const session of all) await stores.sessions.insertIfAbsent(session);

    expect(await usage.total(MARCH)).toEqual({
      sessions: 4,
      cost_usd: 15,
      ...estimated,
      num_turns: 3,
      input_tokens: 30,
      output_tokens: 6,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
    });
    expect(costs(await usage.groups(MARCH, 'day', 10))).toEqual({
      '2026-03-01': 3,
      '2026-03-02': 4,
      '2026-03-31': 8,
    });
    expect(costs(await usage.groups(MARCH, 'model', 10))).toEqual({ opus: 3, haiku: 4, null: 8 });
    expect(costs(await usage.groups(MARCH, 'tag', 10))).toEqual({ a: 3, b: 1, null: 12 });
    expect(costs(await usage.groups(MARCH, 'key', 10))).toEqual({ k1: 5, k2: 2, null: 8 });
    expect((await usage.total({ ...MARCH, tag: 'a' })).cost_usd).toBe(3);
    expect((await usage.total({ ...MARCH, api_key_id: 'k1' })).cost_usd).toBe(5);
    expect(await usage.groups(MARCH, 'model', 1)).toHaveLength(2);
  });

  test('of a conversation is the sum of its sessions, including running sessions', async ({
    stores,
    usage,
  }) => {
    const root = spent(5, 1);
    const child = makeChild(root, { status: 'running', totals: { ...NO_TOTALS, cost_usd: 2 } });
    for (const session of [root, child]) await stores.sessions.insertIfAbsent(session);
    expect(await usage.total({ root_session_id: root.id })).toMatchObject({
      sessions: 2,
      cost_usd: 3,
    });
  });

  test('does not shrink when a session is deleted', async ({ stores, queue, usage }) => {
    const may = { from: new Date('2026-05-01T00:00:00Z'), to: new Date('2026-06-01T00:00:00Z') };
    const end_time = new Date('2026-05-05T00:00:00Z');
    const session = spent(1, 3, { end_time, model: 'opus', tags: ['t'], api_key_id: 'k' });
    await stores.sessions.insertIfAbsent(session);
    const before = await Promise.all([usage.total(may), usage.groups(may, 'tag', 10)]);
    const { clock } = stores;

    await createSessionDeletion({
      stores,
      clock,
      queue,
      requests: stores.stopRequests,
    }).deleteConversation(session.id);

    expect(before[0]).toMatchObject({ sessions: 1, cost_usd: 3 });
    expect(await Promise.all([usage.total(may), usage.groups(may, 'tag', 10)])).toEqual(before);
    expect((await usage.total({ ...may, api_key_id: 'k' })).cost_usd).toBe(3);
    expect((await usage.total({ root_session_id: session.id })).cost_usd).toBe(3);
  });

  test('of an unknown tag is empty', async ({ usage }) => {
    expect(await usage.total({ ...MARCH, tag: 'nobody' })).toMatchObject({ sessions: 0 });
    expect(await usage.groups({ ...MARCH, tag: 'nobody' }, 'day', 10)).toEqual([]);
  });
});
