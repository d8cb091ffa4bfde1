import { describe, expect } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { type KeyedApi, logIn, partsOf, test } from '../../../support/keyed-api.ts';
import { untilPasses } from '../../../support/wait.ts';

const PAGE = { accept: 'text/html,application/xhtml+xml' };
const SAME = { 'sec-fetch-site': 'same-origin' };

let address = 0;

async function post(keyed: KeyedApi, url: string, form: Record<string, string>, headers = {}) {
  address += 1; // A new address for each call, so that only one test reaches the limit per address.
  return keyed.app.inject({
    method: 'POST',
    url,
    payload: new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...SAME, ...headers },
    remoteAddress: `10.0.${address >> 8}.${address & 255}`,
  });
}

async function keyOf(keyed: KeyedApi, scope: 'read' | 'write'): Promise<string> {
  return (await keyed.as(scope)).authorization.slice('Bearer '.length);
}

describe('the dashboard login', () => {
  test.for(['/queues', '/queues/queue/sessions', '/sessions'])(
    'redirects a browser from %s to the login and back',
    async (url, { keyed }) => {
      const asked = await keyed.app.inject({ url, headers: PAGE });
      expect(asked.statusCode).toBe(303);
      expect(asked.headers.location).toBe(`/login?next=${encodeURIComponent(url)}`);
      const form = await keyed.app.inject({ url: String(asked.headers.location) });
      expect(form.body).toContain(`name="next" value="${url}"`);
      const key = await keyOf(keyed, 'read');
      const done = await post(keyed, '/login', { key, next: url });
      expect([done.statusCode, done.headers.location]).toEqual([303, url]);
      const cookie = String(done.headers['set-cookie']).split(';')[0] ?? '';
      const page = await keyed.app.inject({ url, headers: { ...PAGE, cookie } });
      expect(page.statusCode).toBe(200);
    },
  );

  test('answers a program without a key with 401', async ({ keyed }) => {
    for (const url of ['/queues', '/queues/api/queues', '/sessions']) {
      expect((await keyed.app.inject({ url })).statusCode).toBe(401);
    }
  });

  test('sets an expiring cookie that does not contain the key and is closed to scripts and other sites', async ({
    keyed,
  }) => {
    const key = await keyOf(keyed, 'read');
    const done = await post(keyed, '/login', { key });
    const cookie = String(done.headers['set-cookie']);
    expect(cookie).toMatch(
      /^baton_login=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    );
    const { id, secret } = partsOf(key);
    for (const part of [id, secret]) expect(cookie).not.toContain(part);
  });

  test('sets a Secure cookie behind a TLS proxy, and accepts that cookie only over TLS', async ({
    proxied,
  }) => {
    const key = await keyOf(proxied, 'read');
    const forwarded = { 'x-forwarded-proto': 'https' };
    const done = await proxied.app.inject({
      method: 'POST',
      url: '/login',
      payload: `key=${key}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...forwarded },
      remoteAddress: '10.9.9.9',
    });
    const cookie = String(done.headers['set-cookie']);
    expect(cookie).toMatch(/^__Host-baton_login=.*; Secure$/);
    const asked = { url: '/sessions', remoteAddress: '10.9.9.9' };
    const headers = { cookie: cookie.split(';')[0] ?? '' };
    const over = await proxied.app.inject({ ...asked, headers: { ...headers, ...forwarded } });
    expect(over.statusCode).toBe(200);
    expect((await proxied.app.inject({ ...asked, headers })).statusCode).toBe(401);
  });

  test('refuses a wrong key in the form, and does not repeat the key', async ({ keyed }) => {
    for (const key of ['', 'nonsense-key', `baton_${'0'.repeat(16)}_${'s'.repeat(43)}`]) {
      const refused = await post(keyed, '/login', { key });
      expect(refused.statusCode).toBe(401);
      expect(refused.headers['set-cookie']).toBeUndefined();
      expect(refused.body).toContain('This key is unknown or revoked');
      if (key) expect(refused.body).not.toContain(key);
    }
  });

  test.for([
    ['//evil.test/', '/queues'],
    ['https://evil.test/', '/queues'],
    ['/\\evil.test', '/queues'],
    ['javascript:alert(1)', '/queues'],
    ['/sessions?status=failed', '/sessions?status=failed'],
  ] as const)(
    'redirects to %s only if that address is on this server',
    async ([next, to], { keyed }) => {
      const done = await post(keyed, '/login', { key: await keyOf(keyed, 'read'), next });
      expect(done.headers.location).toBe(to);
    },
  );

  test("refuses a login or logout from another site's page", async ({ keyed }) => {
    const key = await keyOf(keyed, 'read');
    const elsewhere = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' };
    expect((await post(keyed, '/login', { key }, elsewhere)).statusCode).toBe(403);
    const cookie = await logIn(keyed, key);
    expect((await post(keyed, '/logout', {}, { ...elsewhere, cookie })).statusCode).toBe(403);
    expect((await keyed.app.inject({ url: '/sessions', headers: { cookie } })).statusCode).toBe(
      200,
    );
  });

  test('ends on the server when the user logs out', async ({ keyed }) => {
    const cookie = await logIn(keyed, await keyOf(keyed, 'read'));
    const out = await post(keyed, '/logout', {}, { cookie });
    expect(String(out.headers['set-cookie'])).toContain('Max-Age=0');
    expect((await keyed.app.inject({ url: '/sessions', headers: { cookie } })).statusCode).toBe(
      401,
    );
  });

  test('ends when its key is revoked', async ({ keyed }) => {
    const key = await keyOf(keyed, 'read');
    const cookie = await logIn(keyed, key);
    await keyed.keys.revoke(partsOf(key).id);
    await untilPasses(async () => {
      const answer = await keyed.app.inject({ url: '/sessions', headers: { cookie } });
      expect(answer.statusCode).toBe(401);
    });
  });

  test('answers 429 after too many tries from one address', async ({ keyed }) => {
    const attempt = () =>
      keyed.app.inject({
        method: 'POST',
        url: '/login',
        payload: 'key=wrong',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        remoteAddress: '10.200.0.1',
      });
    const codes: number[] = [];
    for (let tries = 0; tries < 11; tries += 1) codes.push((await attempt()).statusCode);
    expect(codes).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    const refused = await attempt();
    expect(refused.json()).toMatchObject({ error: { code: 'LIMIT_EXCEEDED' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('a browser with a login', () => {
  test.for([
    [{}, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'https://evil.test' }, 403],
    [{ origin: 'http://localhost:80' }, 202],
    [SAME, 202],
  ] as const)(
    'that sends a launch with the headers %j gets %i',
    async ([headers, status], { keyed }) => {
      const cookie = await logIn(keyed, await keyOf(keyed, 'write'));
      const answer = await keyed.app.inject({
        method: 'POST',
        url: '/v1/sessions',
        payload: { query: 'hi' },
        headers: { ...headers, cookie, host: 'localhost:80' },
      });
      expect(answer.statusCode).toBe(status);
    },
  );

  test("can stop a session only with a writer's key", async ({ keyed }) => {
    const { id } = await keyed.stores.sessions.insertIfAbsent(makeSession());
    const reader = await logIn(keyed, await keyOf(keyed, 'read'));
    const seen = await keyed.app.inject({ url: `/sessions/${id}`, headers: { cookie: reader } });
    expect(seen.statusCode).toBe(200);
    expect(seen.body).not.toContain('/cancel"');
    const refused = await post(keyed, `/sessions/${id}/cancel`, {}, { cookie: reader });
    expect(refused.statusCode).toBe(403);
    expect((await keyed.stores.sessions.get(id))?.status).toBe('queued');

    const writer = await logIn(keyed, await keyOf(keyed, 'write'));
    const offered = await keyed.app.inject({ url: `/sessions/${id}`, headers: { cookie: writer } });
    expect(offered.body).toContain(`action="/sessions/${id}/cancel"`);
    const done = await post(keyed, `/sessions/${id}/cancel`, {}, { cookie: writer });
    expect([done.statusCode, done.headers.location]).toEqual([303, `/sessions/${id}`]);
    expect((await keyed.stores.sessions.get(id))?.status).toBe('cancelled');
  });

  test.for([
    ['read', 403],
    ['write', 405],
    ['admin', 405],
  ] as const)(
    'cannot retry a job on the board: scope %s gets %i',
    async ([scope, status], { keyed }) => {
      const headers = await keyed.as(scope);
      const answer = await keyed.app.inject({
        method: 'PUT',
        url: '/queues/api/queues/sessions/retry/failed',
        headers,
      });
      expect(answer.statusCode).toBe(status);
    },
  );
});
