import { newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { test } from '../../../support/api.ts';

const CANCEL = { method: 'POST', url: `/v1/sessions/${newId()}/cancel` } as const;

describe('an API without keys', () => {
  test.for([
    [{}, 404],
    [{ 'sec-fetch-site': 'same-origin' }, 404],
    [{ origin: 'http://localhost' }, 404],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'http://evil.test' }, 403],
    [{ origin: 'null' }, 403],
  ] as const)(
    'answers an empty POST that has the headers %j with status %i',
    async ([headers, status], { api }) => {
      const answer = await api.app.inject({
        ...CANCEL,
        headers: { host: 'localhost', ...headers },
      });
      expect(answer.statusCode).toBe(status);
      if (status === 403) expect(answer.json()).toMatchObject({ error: { code: 'FORBIDDEN' } });
    },
  );

  test.for([
    ['localhost', 200],
    ['localhost:3000', 200],
    ['127.0.0.1:3000', 200],
    ['[::1]:3000', 200],
    ['rebound.evil.test', 403],
    ['rebound.evil.test:3000', 403],
    ['192.168.0.7:3000', 403],
  ] as const)('answers a call to the host %j with status %i', async ([host, status], { api }) => {
    for (const url of ['/v1/sessions', '/queues', '/openapi.json']) {
      const answer = await api.app.inject({ url, headers: { host } });
      expect([url, answer.statusCode]).toEqual([url, status]);
    }
  });
});
