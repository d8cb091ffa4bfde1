import { describe, expect, vi } from 'vitest';
import { type Api, test as base, countJobs, databaseUrl, openApi } from '../../support/api.ts';
import { makeCompletedSession, makeSession } from '../../support/factories.ts';
import { createGate, type Gate } from '../../support/gate.ts';
import { redisUrl } from '../../support/services.ts';

const test = base.extend<{ $test: { redis: Gate; mongodb: Gate; gated: Api } }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  redis: async ({}, use) => {
    const gate = await createGate(redisUrl());
    await use(gate);
    await gate.close();
  },
  mongodb: async ({ databaseName }, use) => {
    const gate = await createGate(databaseUrl(databaseName));
    await use(gate);
    await gate.close();
  },
  gated: async ({ redis, mongodb, queuePrefix }, use) => {
    const api = await openApi({ redis: redis.url, mongodb: mongodb.url, prefix: queuePrefix });
    await use(api);
    await Promise.all([redis.open(), mongodb.open()]);
    await api.close();
  },
});

const launch = {
  method: 'POST',
  url: '/v1/sessions',
  payload: { query: 'hi', env: { TOKEN: 'keep-this-out-of-logs' } },
} as const;

const message = { method: 'POST', payload: { content: 'hello' } } as const;

/**
 * Expects every call to answer 503 with an error body and Retry-After. Returns the messages, which say
 * what ended each call.
 */
async function expectUnavailable(api: Api, requests: object[]): Promise<string[]> {
  const answers = await Promise.all(requests.map((request) => api.app.inject(request)));
  for (const answer of answers) {
    expect(answer.json()).toMatchObject({ error: { code: 'UNAVAILABLE' } });
    expect(answer.statusCode).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  }
  return answers.map((answer) => answer.json().error.message);
}

async function expectReady(api: Api): Promise<void> {
  await vi.waitFor(
    async () => expect((await api.app.inject({ url: '/readyz' })).statusCode).toBe(200),
    { timeout: 15_000, interval: 100 },
  );
}

describe('while Redis is away', () => {
  test('launches answer 503, stored sessions stay readable, and the API recovers', async ({
    gated,
    redis,
  }) => {
    const stored = await gated.stores.sessions.insertIfAbsent(makeCompletedSession());
    await expectReady(gated);
    await redis.shut();
    await expectUnavailable(gated, [
      launch,
      { method: 'POST', url: `/v1/sessions/${stored.id}/continue`, payload: { query: 'on' } },
      { url: `/v1/sessions/${crypto.randomUUID()}` },
      { url: '/queues/api/queues' },
      { url: '/readyz' },
    ]);
    expect((await gated.app.inject({ url: `/v1/sessions/${stored.id}` })).statusCode).toBe(200);
    expect((await gated.app.inject({ url: '/v1/sessions' })).statusCode).toBe(200);
    expect((await gated.app.inject({ url: '/healthz' })).statusCode).toBe(200);
    const ready = await gated.app.inject({ url: '/readyz' });
    expect(ready.json().error.details).toEqual({ unavailable: ['redis'] });
    expect(gated.logged.join()).not.toContain('keep-this-out-of-logs');
    await redis.open();
    await expectReady(gated);
    expect((await gated.app.inject(launch)).statusCode).toBe(202);
  });

  test('a message to a stored session is accepted, and the session keeps it', async ({
    gated,
    redis,
  }) => {
    const { id } = await gated.stores.sessions.insertIfAbsent(makeSession());
    await expectReady(gated);
    await redis.shut();
    const url = `/v1/sessions/${id}/messages`;
    const answer = await gated.app.inject({ ...message, url });
    expect(answer.statusCode).toBe(202);
    expect(await gated.stores.sessions.get(id)).toMatchObject({
      pending_messages: [{ id: answer.json().id, bytes: 5 }],
    });
  });
});

describe('while MongoDB is away', () => {
  test('every call answers 503, nothing is enqueued, and the API recovers', async ({
    gated,
    mongodb,
  }) => {
    const stored = await gated.stores.sessions.insertIfAbsent(makeCompletedSession());
    await expectReady(gated);
    const before = await countJobs(gated);
    await mongodb.shut();
    await expectUnavailable(gated, [
      launch,
      { method: 'POST', url: `/v1/sessions/${stored.id}/continue`, payload: { query: 'on' } },
      { url: `/v1/sessions/${stored.id}` },
      { url: '/v1/sessions' },
      { ...message, url: `/v1/sessions/${stored.id}/messages` },
      { url: `/v1/sessions/${stored.id}/messages` },
      { url: `/v1/sessions/${stored.id}/events` },
      { url: `/v1/sessions/${stored.id}/conversation` },
      { url: '/readyz' },
    ]);
    expect(await countJobs(gated)).toBe(before);
    expect((await gated.app.inject({ url: '/healthz' })).statusCode).toBe(200);
    const ready = await gated.app.inject({ url: '/readyz' });
    expect(ready.json().error.details).toEqual({ unavailable: ['mongodb'] });
    await mongodb.open();
    await expectReady(gated);
    expect((await gated.app.inject(launch)).statusCode).toBe(202);
  });
});

describe('while a store hangs', () => {
  test('every call ends with 503', async ({ gated, mongodb, redis }) => {
    const stored = await gated.stores.sessions.insertIfAbsent(makeCompletedSession());
    await expectReady(gated);
    const before = await countJobs(gated);
    mongodb.freeze();
    const messages = await expectUnavailable(gated, [
      launch,
      { url: `/v1/sessions/${stored.id}` },
      { url: '/v1/sessions' },
      { url: '/readyz' },
    ]);
    // The time limit of the MongoDB call has ended the launch, so it does not continue later. The API's
    // own time limits have ended the other calls, long before the driver's.
    expect(messages).toEqual([
      'MongoDB does not answer; try again later',
      'Baton could not answer in time; try again later',
      'Baton could not answer in time; try again later',
      'not ready: mongodb does not answer',
    ]);
    expect(await countJobs(gated)).toBe(before);
    redis.freeze();
    const ready = await gated.app.inject({ url: '/readyz' });
    expect(ready.json().error.details).toEqual({ unavailable: ['redis', 'mongodb'] });
  });
});
