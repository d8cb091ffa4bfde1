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

describe('the Idempotency-Key header', () => {
  test('returns the same session for a repeated launch, with a header that marks the repetition', async ({
    api,
  }) => {
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

  test("answers another body with IDEMPOTENCY_CONFLICT and the first session's id", async ({
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

  test('returns the same session for a repeated continue', async ({ api }) => {
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
  ])('is refused if it is %s', async ([, key], { api }) => {
    const answer = await api.app.inject(launch(key, { query: 'q' }));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'idempotency-key' },
    });
  });

  test('is described in the OpenAPI document', async ({ api }) => {
    const { paths } = (await api.app.inject({ url: '/openapi.json' })).json();
    for (const path of ['/v1/sessions', '/v1/sessions/{id}/continue']) {
      expect(paths[path].post.parameters).toContainEqual(
        expect.objectContaining({ in: 'header', name: 'idempotency-key', required: false }),
      );
    }
  });
});

describe('a launch', () => {
  test('with a delay returns the start time, and its job waits until then', async ({ api }) => {
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

  test('with run_at returns run_at as the start time', async ({ api }) => {
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
    ['both delay_ms and run_at', { delay_ms: 1, run_at: '2026-01-01T00:00:00Z' }, 'run_at'],
    ['zero attempts', { attempts: 0 }, 'attempts'],
  ] as const)(
    'is refused for %s, and the error names the field',
    async ([, options, field], { api }) => {
      const answer = await api.app.inject({
        method: 'POST',
        url: '/v1/sessions',
        payload: { query: 'q', ...options },
      });
      expect(answer.statusCode).toBe(400);
      expect(answer.json().error).toMatchObject({ code: 'INVALID_REQUEST', details: { field } });
    },
  );
});
