import { setImmediate } from 'node:timers/promises';
import { infoSchema, newId } from '@baton/core/internal';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { type Api, countJobs, databaseUrl, openApi, test } from '../../../support/api.ts';
import { createGate } from '../../../support/gate.ts';
import { redisUrl } from '../../../support/services.ts';

const launchAll = (api: Api, sessions: unknown, extra: object = {}) =>
  api.app.inject({
    method: 'POST',
    url: '/v1/sessions/bulk',
    payload: { sessions, ...extra },
  });

describe('POST /v1/sessions/bulk', () => {
  test('launches a thousand sessions, answers in their order, and serves other callers at the same time', async ({
    api,
  }) => {
    const tag = newId();
    const before = await countJobs(api);
    const sessions = Array.from({ length: 1_000 }, (_, n) => ({ query: `q ${n}`, tags: [tag] }));
    let answered = 0;
    let isDone = false;
    const others = (async () => {
      while (!isDone) {
        await api.app.inject({ url: '/healthz' });
        answered += 1;
        await setImmediate();
      }
    })();
    const answer = await launchAll(api, sessions);
    isDone = true;
    await others;
    expect(answer.statusCode).toBe(200);
    const { results } = answer.json();
    expect(results).toHaveLength(1_000);
    for (const [n, { status, session }] of results.entries()) {
      expect(status).toBe(202);
      expect(infoSchema.parse(session)).toMatchObject({ query: `q ${n}`, status: 'queued' });
    }
    expect(await countJobs(api)).toBe(before + 1_000);
    const last = results.at(-1).session;
    expect((await api.app.inject({ url: `/v1/sessions/${last.id}` })).json()).toEqual(last);
    expect(answered).toBeGreaterThan(20);
  });

  test('accepts or refuses each launch separately, and answers in the order of the launches', async ({
    api,
  }) => {
    const deep: { a?: unknown } = {};
    for (let n = 0, at = deep; n < 70; n += 1) at = at.a = {};
    const answer = await launchAll(api, [
      { query: 'good' },
      { query: 5 },
      'nonsense',
      { query: 'q', env: { PATH: '/evil' } },
      { query: 'q', working_dir: '/etc' },
      { query: 'q', delay_ms: 1, run_at: '2026-01-01T00:00:00Z' },
      { query: 'q', metadata: deep },
      { query: 'x'.repeat(1024 * 1024) },
      { query: 'last', title: 'T', delay_ms: 60_000, priority: 3 },
    ]);
    expect(answer.statusCode).toBe(200);
    const results: { status: number; error?: { code: string; details: { field?: string } } }[] =
      answer.json().results;
    expect(results.map(({ status, error }) => [status, error?.code, error?.details.field])).toEqual(
      [
        [202, undefined, undefined],
        [400, 'INVALID_REQUEST', 'query'],
        [400, 'INVALID_REQUEST', ''],
        [422, 'ENV_NOT_ALLOWED', 'env.PATH'],
        [422, 'WORKING_DIR_NOT_ALLOWED', 'working_dir'],
        [400, 'INVALID_REQUEST', 'run_at'],
        [400, 'INVALID_REQUEST', ''],
        [413, 'PAYLOAD_TOO_LARGE', undefined],
        [202, undefined, undefined],
      ],
    );
    expect(results.at(-1)).toMatchObject({ session: { query: 'last', title: 'T', priority: 3 } });
  });

  test('returns the same sessions for repeated launches with their own keys', async ({ api }) => {
    const key = newId();
    const sessions = [
      { query: 'a', idempotency_key: `${key}-a` },
      { query: 'b', idempotency_key: `${key}-b` },
      { query: 'a', idempotency_key: `${key}-a` },
      { query: 'other', idempotency_key: `${key}-b` },
    ];
    const first = (await launchAll(api, sessions)).json().results;
    expect(first).toMatchObject([
      { status: 202 },
      { status: 202 },
      { status: 202, replayed: true, session: { id: first[0].session.id } },
      { status: 409, error: { code: 'IDEMPOTENCY_CONFLICT' } },
    ]);
    expect(first[0]).not.toHaveProperty('replayed');
    const jobs = await countJobs(api);
    const second = (await launchAll(api, sessions.slice(0, 2))).json().results;
    expect(second).toEqual([
      { ...first[0], replayed: true },
      { ...first[1], replayed: true },
    ]);
    expect(await countJobs(api)).toBe(jobs);
    const alone = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      headers: { 'idempotency-key': `${key}-a` },
      payload: { query: 'a' },
    });
    expect(alone.json().id).toBe(first[0].session.id);
  });

  test('enqueues only as many launches of one concurrency key as its limit allows', async ({
    api,
  }) => {
    const concurrency_key = newId();
    const sessions = Array.from({ length: 10 }, () => ({ query: 'q', concurrency_key }));
    const { results } = (await launchAll(api, [...sessions, { query: 'free' }])).json();
    const waits = results.map(({ session }: { session: { waiting_for?: string } }) =>
      Boolean(session.waiting_for),
    );
    expect(waits).toEqual([false, ...sessions.slice(1).map(() => true), false]);
    const ids: string[] = results.map(({ session }: { session: { id: string } }) => session.id);
    const states = await Promise.all(ids.map((id) => api.queue.bull.getJobState(id)));
    expect(states).toEqual(waits.map((isWaiting: boolean) => (isWaiting ? 'unknown' : 'waiting')));
  });

  test.for<[string, unknown, object]>([
    ['a body without a list', {}, {}],
    ['an empty list', [], {}],
    ['a list of more than a thousand', Array.from({ length: 1_001 }, () => ({ query: 'q' })), {}],
    ['another key beside the list', [{ query: 'q' }], { tags: ['a'] }],
  ])('refuses %s as a whole', async ([, sessions, extra], { api }) => {
    const before = await countJobs(api);
    const answer = await launchAll(api, sessions, extra);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'sessions' },
    });
    expect(await countJobs(api)).toBe(before);
  });

  test('refuses an Idempotency-Key header, because each launch needs its own key', async ({
    api,
  }) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions/bulk',
      headers: { 'idempotency-key': 'k' },
      payload: { sessions: [{ query: 'q' }] },
    });
    expect(answer.json().error).toMatchObject({ details: { field: 'idempotency-key' } });
  });

  test('accepts a body of up to 16 MiB, which no other route does', async ({ api }) => {
    const some = Array.from({ length: 12 }, () => ({ query: 'x'.repeat(1000 * 1024) }));
    const { results } = (await launchAll(api, some)).json();
    expect(results.map(({ status }: { status: number }) => status)).toEqual(some.map(() => 202));
    const more = Array.from({ length: 17 }, () => ({ query: 'x'.repeat(1000 * 1024) }));
    expect((await launchAll(api, more)).statusCode).toBe(413);
    const alone = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { query: 'x'.repeat(1100 * 1024) },
    });
    expect(alone.statusCode).toBe(413);
  });

  test('answers UNAVAILABLE for every launch while Redis is away, after waiting for Redis once', async ({
    databaseName,
    queuePrefix,
  }) => {
    const gate = await createGate(redisUrl());
    const mongodb = databaseUrl(databaseName);
    const away = await openApi({ redis: gate.url, mongodb, prefix: queuePrefix });
    onTestFinished(async () => {
      await away.close();
      await gate.close();
    });
    await launchAll(away, [{ query: 'q' }]);
    await gate.freeze();
    const sessions = Array.from({ length: 500 }, () => ({ query: 'q' }));
    const addMany = vi.spyOn(away.queue, 'addMany');
    const { results } = (await launchAll(away, [...sessions, { query: 5 }])).json();
    // The first 100 launches wait for Redis, and the others fail with them.
    expect(addMany).toHaveBeenCalledTimes(1);
    expect(results).toHaveLength(501);
    expect(results[0]).toMatchObject({ status: 503, error: { code: 'UNAVAILABLE' } });
    expect(results[499]).toMatchObject({ status: 503, error: { code: 'UNAVAILABLE' } });
    expect(results[500]).toMatchObject({ status: 400, error: { code: 'INVALID_REQUEST' } });
  });
});
