import { describe, expect, vi } from 'vitest';
import { databaseUrl } from '../../../support/api.ts';
import { makeCompletedSession } from '../../../support/factories.ts';
import { createGate } from '../../../support/gate.ts';
import { type KeyedApi, openKeyedApi, partsOf, test } from '../../../support/keyed-api.ts';
import { redisUrl } from '../../../support/services.ts';
import { untilPasses } from '../../../support/wait.ts';

const LAUNCH = { method: 'POST', url: '/v1/sessions', payload: { query: 'hi' } } as const;

async function refusedAs(keyed: KeyedApi, headers: Record<string, string>): Promise<string> {
  const answer = await keyed.app.inject({ url: '/v1/sessions', headers });
  expect(answer.statusCode).toBe(401);
  expect(answer.headers['www-authenticate']).toBe('Bearer realm="baton"');
  expect(answer.json()).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  return answer.json().error.message;
}

describe('a call to an API that requires keys', () => {
  test('is refused without a key, before its body is checked', async ({ keyed }) => {
    const answer = await keyed.app.inject({ ...LAUNCH, payload: { nonsense: true } });
    expect(answer.statusCode).toBe(401);
    expect(await refusedAs(keyed, {})).toContain('Authorization: Bearer');
  });

  test('is refused with an unknown or forged key, and the error does not repeat the key', async ({
    keyed,
  }) => {
    const real = await keyed.as('admin');
    const forged = `${real.authorization.slice(0, -2)}${real.authorization.endsWith('AA') ? 'BB' : 'AA'}`;
    const unknown = `Bearer baton_${'0'.repeat(16)}_${'s'.repeat(43)}`;
    for (const authorization of [forged, unknown, 'Bearer baton_x_y', 'Basic YTpi']) {
      expect(await refusedAs(keyed, { authorization })).not.toContain(authorization.slice(7));
    }
  });

  test.for([
    ['read', 200, 403],
    ['write', 200, 202],
    ['admin', 200, 202],
  ] as const)(
    'with scope %s gets %i for a read and %i for a launch',
    async ([scope, reads, writes], { keyed }) => {
      const headers = await keyed.as(scope);
      expect((await keyed.app.inject({ url: '/v1/sessions', headers })).statusCode).toBe(reads);
      const launched = await keyed.app.inject({ ...LAUNCH, headers });
      expect(launched.statusCode).toBe(writes);
      if (writes === 403) {
        expect(launched.json()).toMatchObject({
          error: { code: 'FORBIDDEN', details: { scope: 'write' } },
        });
      }
    },
  );

  test.for(['cancel', 'interrupt', 'continue'])(
    'to %s needs more than the scope read',
    async (verb, { keyed }) => {
      const { id } = await keyed.stores.sessions.insertIfAbsent(makeCompletedSession());
      const answer = await keyed.app.inject({
        method: 'POST',
        url: `/v1/sessions/${id}/${verb}`,
        headers: await keyed.as('read'),
      });
      expect(answer.statusCode).toBe(403);
    },
  );

  test('needs no key for the health checks, the OpenAPI document and its page', async ({
    keyed,
  }) => {
    for (const url of ['/healthz', '/readyz', '/openapi.json', '/docs/']) {
      expect([url, (await keyed.app.inject({ url })).statusCode]).toEqual([url, 200]);
    }
  });

  test('is refused soon after its key is revoked, but not before', async ({ keyed }) => {
    const headers = await keyed.as('read');
    const read = async () => (await keyed.app.inject({ url: '/v1/sessions', headers })).statusCode;
    expect(await read()).toBe(200);
    await keyed.keys.revoke(partsOf(headers.authorization).id);
    await vi.waitFor(async () => expect(await read()).toBe(401), { timeout: 3_000 });
    expect(await read()).toBe(401);
  });

  test('stores the time of its key’s last use', async ({ keyed }) => {
    const headers = await keyed.as('read');
    const id = partsOf(headers.authorization).id;
    expect((await keyed.keys.find(id))?.key.last_used_at).toBeUndefined();
    await refusedAs(keyed, { authorization: `Bearer baton_${id}_${'x'.repeat(43)}` });
    await keyed.app.inject({ url: '/v1/sessions', headers });
    await untilPasses(async () =>
      expect((await keyed.keys.find(id))?.key.last_used_at).toBeInstanceOf(Date),
    );
  });

  test('writes no key to the log', async ({ keyed }) => {
    const headers = await keyed.as('write');
    await keyed.app.inject({ ...LAUNCH, headers });
    await keyed.app.inject({ ...LAUNCH, headers, payload: {} });
    expect(keyed.logged.length).toBeGreaterThan(0);
    const { secret } = partsOf(headers.authorization);
    expect(keyed.logged.join('\n')).not.toContain(secret);
  });
});

test('a call with a key gets 503 while MongoDB is away', async ({ databaseName, queuePrefix }) => {
  const gate = await createGate(databaseUrl(databaseName));
  const api = await openKeyedApi({ redis: redisUrl(), mongodb: gate.url, prefix: queuePrefix });
  const headers = await api.as('read');
  const read = () => api.app.inject({ url: '/v1/sessions', headers });
  expect((await read()).statusCode).toBe(200);
  await gate.shut();
  await vi.waitFor(async () => expect((await read()).statusCode).toBe(503), { timeout: 15_000 });
  expect((await read()).json()).toMatchObject({ error: { code: 'UNAVAILABLE' } });
  await gate.open();
  await vi.waitFor(async () => expect((await read()).statusCode).toBe(200), { timeout: 15_000 });
  await api.close();
  await gate.close();
});
