import { type LimitView, NO_TOTALS, newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, test } from '../../../support/api.ts';
import { makeCompletedSession } from '../../../support/factories.ts';
import { test as keyedTest } from '../../../support/keyed-api.ts';

type Caps = Partial<Pick<LimitView, `max_${string}` & keyof LimitView>>;

/** Sets this limit on a new tag and returns the tag. */
async function limitedTag(api: Api, caps: Caps): Promise<string> {
  const tag = `tag-${newId()}`;
  const url = `/v1/limits/tag/${tag}`;
  const answer = await api.app.inject({ method: 'PUT', url, payload: caps });
  expect(answer.statusCode, answer.body).toBe(200);
  return tag;
}

function launch(api: Api, tag: string, fields: object = {}, headers: Record<string, string> = {}) {
  const payload = { query: 'hi', tags: [tag], ...fields };
  return api.app.inject({ method: 'POST', url: '/v1/sessions', payload, headers });
}

async function launchMany(api: Api, tag: string, count: number, fields: object = {}) {
  return Promise.all(Array.from({ length: count }, () => launch(api, tag, fields)));
}

async function sessionsOf(api: Api, tag: string) {
  const answer = await api.app.inject({ url: `/v1/sessions?tag=${tag}` });
  return answer.json().sessions as { id: string; status: string; waiting_for?: string }[];
}

const cancel = (api: Api, id: string) =>
  api.app.inject({ method: 'POST', url: `/v1/sessions/${id}/cancel` });

describe('the limit of concurrent sessions', () => {
  test('holds even if many launches come at the same moment', async ({ api }) => {
    const tag = await limitedTag(api, { max_sessions_at_once: 3 });

    const answers = await launchMany(api, tag, 8);

    const refused = answers.filter(({ statusCode }) => statusCode === 429);
    expect(answers.filter(({ statusCode }) => statusCode === 202)).toHaveLength(3);
    expect(refused).toHaveLength(5);
    for (const answer of refused) {
      expect(answer.headers['retry-after']).toBe('5');
      expect(answer.json().error).toMatchObject({
        code: 'LIMIT_EXCEEDED',
        details: { limit: `tag:${tag}`, cap: 'max_sessions_at_once', max: 3 },
      });
    }
    const sessions = await sessionsOf(api, tag);
    expect(sessions).toHaveLength(3);
    expect(sessions.every(({ waiting_for }) => waiting_for === undefined)).toBe(true);
  });

  test('frees a slot when a session ends', async ({ api }) => {
    const tag = await limitedTag(api, { max_sessions_at_once: 1 });
    const first = (await launch(api, tag)).json();
    expect((await launch(api, tag)).statusCode).toBe(429);
    await cancel(api, first.id);
    expect((await launch(api, tag)).statusCode).toBe(202);
  });

  test('counts continues too', async ({ api }) => {
    const tag = await limitedTag(api, { max_sessions_at_once: 1 });
    await launch(api, tag);
    const parent = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const answer = await api.app.inject({
      method: 'POST',
      url: `/v1/sessions/${parent.id}/continue`,
      payload: { query: 'go on', tags: [tag] },
    });
    expect(answer.statusCode).toBe(429);
  });

  test('accepts the launches of a bulk request in order until it is reached', async ({ api }) => {
    const tag = await limitedTag(api, { max_sessions_at_once: 2 });
    const sessions = [1, 2, 3, 4].map((n) => ({ query: `${n}`, tags: n === 3 ? [] : [tag] }));
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions/bulk',
      payload: { sessions },
    });
    expect(answer.json().results).toMatchObject([
      { status: 202, session: { query: '1' } },
      { status: 202, session: { query: '2' } },
      { status: 202, session: { query: '3' } },
      { status: 429, error: { code: 'LIMIT_EXCEEDED' } },
    ]);
    expect(await sessionsOf(api, tag)).toHaveLength(2);
    for (const { session } of answer.json().results.slice(0, 3)) {
      expect(await api.queue.find(session.id)).not.toBeNull();
    }
  });
});

describe('the limit of sessions per minute', () => {
  test('holds, and Retry-After lasts until the minute ends', async ({ api }) => {
    const tag = await limitedTag(api, { max_sessions_per_minute: 2 });

    const answers = await launchMany(api, tag, 4);

    expect(answers.filter(({ statusCode }) => statusCode === 202)).toHaveLength(2);
    const refused = answers.filter(({ statusCode }) => statusCode === 429);
    expect(refused).toHaveLength(2);
    for (const { headers } of refused) {
      const retryAfter = Number(headers['retry-after']);
      expect(retryAfter).toBeGreaterThan(50);
      expect(retryAfter).toBeLessThanOrEqual(60);
    }
    expect(await sessionsOf(api, tag)).toHaveLength(2);
  });

  test('does not count refused launches', async ({ api }) => {
    const tag = await limitedTag(api, { max_sessions_per_minute: 2, max_sessions_at_once: 1 });
    const first = (await launch(api, tag)).json();
    for (const { statusCode } of await launchMany(api, tag, 3)) expect(statusCode).toBe(429);
    await cancel(api, first.id);
    expect((await launch(api, tag)).statusCode).toBe(202);
  });
});

describe('the daily dollar limit', () => {
  const spend = (api: Api, tag: string, cost_usd: number, end_time = new Date()) =>
    api.stores.sessions.insertIfAbsent(
      makeCompletedSession({ tags: [tag], totals: { ...NO_TOTALS, cost_usd }, end_time }),
    );

  test('counts sessions that ended today, and Retry-After lasts until the day ends', async ({
    api,
  }) => {
    const tag = await limitedTag(api, { max_usd_per_day: 2 });
    await spend(api, tag, 50, new Date(Date.now() - 24 * 3600 * 1000));
    await spend(api, tag, 1.5);
    expect((await launch(api, tag)).statusCode).toBe(202);
    await spend(api, tag, 0.5);

    const answer = await launch(api, tag);

    expect(answer.statusCode).toBe(429);
    const day = 24 * 3600;
    const left = day - (Math.floor(Date.now() / 1000) % day);
    expect(Math.abs(Number(answer.headers['retry-after']) - left)).toBeLessThan(30);
    const limit = await api.app.inject({ url: `/v1/limits/tag/${tag}` });
    expect(limit.json().now).toEqual({ sessions_at_once: 0, usd_today: 2 });
  });

  test('still counts a deleted session', async ({ api }) => {
    const tag = await limitedTag(api, { max_usd_per_day: 2 });
    const { id } = await spend(api, tag, 3);
    expect((await launch(api, tag)).statusCode).toBe(429);
    await api.app.inject({ method: 'DELETE', url: `/v1/sessions/${id}` });
    expect((await launch(api, tag)).statusCode).toBe(429);
  });
});

describe('if on_limit is "wait", a session', () => {
  const wait = { on_limit: 'wait' };

  test('is accepted, waits for a budget, and has no job', async ({ api }) => {
    const tag = await limitedTag(api, { max_sessions_at_once: 1 });
    await launch(api, tag);
    const waiting = await launch(api, tag, wait);
    expect(waiting.statusCode).toBe(202);
    expect(waiting.json()).toMatchObject({ status: 'queued', waiting_for: 'budget' });
    expect(await api.queue.find(waiting.json().id)).toBeNull();
  });

  test('is enqueued in launch order when another session ends', async ({ api }) => {
    const tag = await limitedTag(api, { max_sessions_at_once: 1 });
    const running = (await launch(api, tag)).json();
    const first = (await launch(api, tag, wait)).json();
    const second = (await launch(api, tag, wait)).json();

    await cancel(api, running.id);

    expect(await api.queue.find(first.id)).not.toBeNull();
    expect(await api.queue.find(second.id)).toBeNull();
    const info = (await api.app.inject({ url: `/v1/sessions/${first.id}` })).json();
    expect(info).not.toHaveProperty('waiting_for');
  });

  test('waits first for its budget, then for its concurrency key', async ({ api }) => {
    const tag = await limitedTag(api, { max_sessions_at_once: 1 });
    const running = (await launch(api, tag)).json();
    const concurrency_key = newId();
    await launch(api, newId(), { concurrency_key });
    const { id } = (await launch(api, tag, { ...wait, concurrency_key })).json();

    await cancel(api, running.id);

    const info = (await api.app.inject({ url: `/v1/sessions/${id}` })).json();
    expect(info.waiting_for).toBe('concurrency_key');
  });

  test('can be cancelled while it waits', async ({ api }) => {
    const tag = await limitedTag(api, { max_sessions_at_once: 0 });
    const { id } = (await launch(api, tag, wait)).json();
    expect((await cancel(api, id)).json().status).toBe('cancelled');
  });

  test('is enqueued by the reconciler if the limit was removed', async ({ api, db }) => {
    const tag = await limitedTag(api, { max_sessions_at_once: 0 });
    const { id } = (await launch(api, tag, wait)).json();
    await api.app.inject({ method: 'DELETE', url: `/v1/limits/tag/${tag}` });

    await api.admission.repair();

    expect(await api.queue.find(id)).not.toBeNull();
    expect(
      await db.collection<{ _id: string }>('sessions').findOne({ _id: id }),
    ).not.toHaveProperty('waiting_for');
  });
});

test('an idempotency key whose launch a limit refused can still launch one session', async ({
  api,
}) => {
  const tag = await limitedTag(api, { max_sessions_at_once: 1 });
  const { id } = (await launch(api, tag)).json();
  const headers = { 'idempotency-key': newId() };
  expect((await launch(api, tag, {}, headers)).statusCode).toBe(429);
  await cancel(api, id);
  const accepted = await launch(api, tag, {}, headers);
  expect(accepted.statusCode).toBe(202);
  expect((await launch(api, tag, {}, headers)).json().id).toBe(accepted.json().id);
});

test('the reconciler frees the slot of an ended session if nobody else freed it', async ({
  api,
  db,
}) => {
  const tag = await limitedTag(api, { max_sessions_at_once: 1 });
  const { id } = (await launch(api, tag)).json();
  const failed = { status: 'failed', end_time: new Date() };
  await db.collection<{ _id: string }>('sessions').updateOne({ _id: id }, { $set: failed });
  expect((await launch(api, tag)).statusCode).toBe(429);
  await api.admission.repair();
  expect((await launch(api, tag)).statusCode).toBe(202);
});

keyedTest(
  "the limit of an API key counts only that key's sessions, and only admins can set it",
  async ({ keyed }) => {
    const made = await Promise.all(
      ['one', 'two'].map((name) => keyed.keys.create({ name, tenant: 'default', scope: 'write' })),
    );
    const [one, two] = made.map(({ key, text }) => ({
      id: key.id,
      headers: { authorization: `Bearer ${text}` },
    }));
    const put = (headers: Record<string, string>) =>
      keyed.app.inject({
        method: 'PUT',
        url: `/v1/limits/key/${one?.id}`,
        headers,
        payload: { max_sessions_at_once: 1 },
      });
    expect((await put(one?.headers ?? {})).statusCode).toBe(403);
    expect((await put(await keyed.as('admin'))).statusCode).toBe(200);

    expect((await launch(keyed, 'x', {}, one?.headers)).statusCode).toBe(202);
    expect((await launch(keyed, 'x', {}, one?.headers)).statusCode).toBe(429);
    expect((await launch(keyed, 'x', {}, two?.headers)).statusCode).toBe(202);
  },
);
