import { describe, expect } from 'vitest';
import { logIn, test } from '../../../support/keyed-api.ts';

const PAGE = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('the root page', () => {
  test('redirects a browser to the sessions page', async ({ api }) => {
    for (const method of ['GET', 'HEAD'] as const) {
      const answer = await api.app.inject({ method, url: '/', headers: PAGE });
      expect([answer.statusCode, answer.headers.location]).toEqual([303, '/sessions']);
    }
    const page = await api.app.inject({ url: '/sessions', headers: PAGE });
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
  });

  test('redirects a browser without a login to the login and then back', async ({ keyed }) => {
    const first = await keyed.app.inject({ url: '/', headers: PAGE });
    const login = await keyed.app.inject({ url: String(first.headers.location), headers: PAGE });
    expect([login.statusCode, login.headers.location]).toEqual([303, '/login?next=%2Fsessions']);
    const cookie = await logIn(keyed, (await keyed.as('read')).authorization.slice(7));
    const page = await keyed.app.inject({ url: '/sessions', headers: { ...PAGE, cookie } });
    expect(page.statusCode).toBe(200);
  });

  test.for([{}, { accept: '*/*' }, { accept: 'application/json' }])(
    'gives the name and working links to a program that sends the headers %j',
    async (headers, { api, keyed }) => {
      for (const { app } of [api, keyed]) {
        const answer = await app.inject({ url: '/', headers });
        expect(answer.statusCode).toBe(200);
        expect(answer.json()).toMatchObject({ name: 'Baton', links: { openapi: '/openapi.json' } });
      }
      const { links } = (await api.app.inject({ url: '/', headers })).json();
      for (const url of Object.values<string>(links)) {
        const { statusCode } = await api.app.inject({ url });
        expect(statusCode, url).toBeLessThan(400);
      }
    },
  );
});

describe('the login page of an API without keys', () => {
  test.for<[url: string, location: string]>([
    ['/login', '/sessions'],
    ['/login?next=/queues', '/queues'],
    ['/login?next=//evil.test', '/queues'],
  ])('redirects %s to %s', async ([url, location], { api }) => {
    const answer = await api.app.inject({ url, headers: PAGE });
    expect([answer.statusCode, answer.headers.location]).toEqual([303, location]);
  });
});
