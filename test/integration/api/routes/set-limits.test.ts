import { describe, expect } from 'vitest';
import { test } from '../../../support/api.ts';

describe('a limit at /v1/limits', () => {
  test('can be set, read with its current use, listed and deleted', async ({ api }) => {
    const url = '/v1/limits/tag/nightly';
    const put = await api.app.inject({
      method: 'PUT',
      url,
      payload: { max_sessions_at_once: 3, max_usd_per_day: 2.5 },
    });
    expect(put.statusCode, put.body).toBe(200);
    const limit = { kind: 'tag', name: 'nightly', max_sessions_at_once: 3, max_usd_per_day: 2.5 };
    expect(put.json()).toMatchObject(limit);

    const again = await api.app.inject({
      method: 'PUT',
      url,
      payload: { max_sessions_per_minute: 9 },
    });
    expect(again.json()).not.toHaveProperty('max_sessions_at_once');
    expect(again.json().created_at).toBe(put.json().created_at);

    const read = await api.app.inject({ url });
    expect(read.json()).toMatchObject({
      name: 'nightly',
      max_sessions_per_minute: 9,
      now: { sessions_at_once: 0, usd_today: 0 },
    });
    const all = await api.app.inject({ url: '/v1/limits' });
    expect(all.json().limits).toEqual([again.json()]);

    expect((await api.app.inject({ method: 'DELETE', url })).statusCode).toBe(204);
    expect((await api.app.inject({ url })).json().error.code).toBe('LIMIT_NOT_FOUND');
    expect((await api.app.inject({ method: 'DELETE', url })).statusCode).toBe(404);
  });

  test.for<[string, object, string]>([
    ['/v1/limits/user/x', { max_sessions_at_once: 1 }, 'kind'],
    ['/v1/limits/tag/x', { max_sessions_at_once: -1 }, 'max_sessions_at_once'],
    ['/v1/limits/tag/x', { max_usd_per_day: 'much' }, 'max_usd_per_day'],
    ['/v1/limits/tag/x', { max_sessions_at_once: 1, other: 1 }, 'other'],
  ])(
    'of %s with %j is refused, and the error names the field',
    async ([url, payload, field], { api }) => {
      const answer = await api.app.inject({ method: 'PUT', url, payload });
      expect(answer.statusCode, answer.body).toBe(400);
      expect(answer.json().error.details.field).toBe(field);
    },
  );

  test('is refused if it sets no cap', async ({ api }) => {
    const answer = await api.app.inject({ method: 'PUT', url: '/v1/limits/tag/x', payload: {} });
    expect(answer.json().error.code).toBe('INVALID_REQUEST');
  });
});
