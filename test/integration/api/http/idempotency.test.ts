import { describe, expect } from 'vitest';
import { countJobs, test } from '../../../support/api.ts';
import { makeCompletedSession } from '../../../support/factories.ts';

const launch = (key: string, payload: object) =>
  ({
    method: 'POST',
    url: '/v1/sessions',
    headers: { 'idempotency-key': key },
    payload,
  }) as const;

describe('Idempotency-Key', () => {
  test('the same launch again answers with the same session, and says so', async ({ api }) => {
    const ask = launch('order-1', { query: 'q', title: 'T', delay_ms: 60_000 });
    const first = await api.app.inject(ask);
    expect(first.statusCode).toBe(202);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    const jobs = await countJobs(api);
    const second = await api.app.inject(ask);
    expect(second.statusCode).toBe(202);
    expect(second.headers).toMatchObject({
      'idempotency-replayed': 'true',
      location: first.headers['location'],
    });
    expect(second.json()).toEqual(first.json());
    expect(await countJobs(api)).toBe(jobs);
  });

  test('another body is 409 IDEMPOTENCY_CONFLICT, with the session that has the key', async ({
    api,
  }) => {
    const first = await api.app.inject(launch('order-2', { query: 'one' }));
    const second = await api.app.inject(launch('order-2', { query: 'two' }));
    expect(second.statusCode).toBe(409);
    expect(second.json()).toMatchObject({
      error: {
        code: 'IDEMPOTENCY_CONFLICT',
        details: { field: 'idempotency_key', id: first.json().id },
      },
    });
  });

  test('the same continue again is the same child', async ({ api }) => {
    const parent = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const ask = {
      ...launch('order-3', { query: 'go on' }),
      url: `/v1/sessions/${parent.id}/continue`,
    };
    const first = await api.app.inject(ask);
    const second = await api.app.inject(ask);
    expect(second.json()).toEqual(first.json());
    expect(second.headers['idempotency-replayed']).toBe('true');
  });

  test.for<[string, string]>([
    ['empty', ''],
    ['longer than 255 characters', 'x'.repeat(256)],
  ])('a key that is %s is refused', async ([, key], { api }) => {
    const answer = await api.app.inject(launch(key, { query: 'q' }));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'idempotency-key' },
    });
  });

  test('stands in the OpenAPI document', async ({ api }) => {
    const { paths } = (await api.app.inject({ url: '/openapi.json' })).json();
    for (const path of ['/v1/sessions', '/v1/sessions/{id}/continue']) {
      expect(paths[path].post.parameters).toContainEqual(
        expect.objectContaining({ in: 'header', name: 'idempotency-key', required: false }),
      );
    }
  });
});

describe('options of a launch', () => {
  test('a delay is told as a time, and the job waits for it', async ({ api }) => {
    const before = Date.now();
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { query: 'q', delay_ms: 60_000, attempts: 1, priority: 3 },
    });
    const { id, not_before, priority } = answer.json();
    expect(Date.parse(not_before) - before).toBeGreaterThanOrEqual(60_000);
    expect(priority).toBe(3);
    expect(await api.queue.bull.getJobState(id)).toBe('delayed');
    expect((await api.stores.sessions.get(id))?.config.recovery).toEqual({ max_retries: 0 });
  });

  test('a time to run at is told back', async ({ api }) => {
    const run_at = new Date(Date.now() + 3_600_000).toISOString();
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { query: 'q', run_at },
    });
    expect(answer.json()).toMatchObject({ not_before: run_at });
    expect(await api.queue.bull.getJobState(answer.json().id)).toBe('delayed');
  });

  test.for([
    ['delay_ms and run_at at once', { delay_ms: 1, run_at: '2026-01-01T00:00:00Z' }, 'run_at'],
    ['no attempt', { attempts: 0 }, 'attempts'],
  ] as const)('%s is refused, naming the field', async ([, options, field], { api }) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { query: 'q', ...options },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({ code: 'INVALID_REQUEST', details: { field } });
  });
});
