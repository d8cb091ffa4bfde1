// If MongoDB answers with a temporary error, the API answers 503, not 500.
import { defined } from '@baton/core/internal';
import type { Db, Document } from 'mongodb';
import { describe, expect, vi } from 'vitest';
import { databaseUrl, openApi } from '../../support/api.ts';
import { makeCompletedSession } from '../../support/factories.ts';
import { createMongoProxy } from '../../support/mongo-proxy.ts';
import { test as base, redisUrl } from '../../support/services.ts';
import { openStores } from '../../support/stores.ts';

// After an error the driver may search for its server for ten seconds.
vi.setConfig({ testTimeout: 60_000 });

const test = base.extend<{ $file: { scene: Awaited<ReturnType<typeof openScene>> } }>({
  scene: [
    async ({ databaseName, queuePrefix, db }, use) => {
      const scene = await openScene(db, databaseName, queuePrefix);
      await use(scene);
      await scene.close();
    },
    { scope: 'file' },
  ],
});

async function openScene(db: Db, databaseName: string, prefix: string) {
  const proxy = await createMongoProxy(databaseUrl(databaseName));
  const api = await openApi({ redis: redisUrl(), mongodb: proxy.url, prefix });
  return {
    proxy,
    api,
    /** Stores a session without the proxy. */
    stored: () => openStores(db).sessions.insertIfAbsent(makeCompletedSession()),
    /**
     * Waits until the driver has found its server again. Some of the errors that the proxy answers
     * make the driver search for its server.
     */
    ready: () =>
      vi.waitFor(
        async () => expect((await api.app.inject({ url: '/readyz' })).statusCode).toBe(200),
        { timeout: 25_000, interval: 50 },
      ),
    async close() {
      await api.queue.bull.obliterate({ force: true });
      await api.close();
      await proxy.close();
    },
  };
}

const failed = (code: number, labels: string[] = []): Document => ({
  ok: 0,
  errmsg: `trouble ${code}`,
  code,
  codeName: 'Trouble',
  ...defined({ errorLabels: labels.length > 0 ? labels : undefined }),
});

const CODES = [
  6, 7, 43, 50, 63, 64, 89, 91, 133, 134, 150, 189, 202, 234, 262, 317, 365, 402, 9001, 10107,
  11600, 11602, 13388, 13435, 13436, 46841,
];

const LABELS = [
  ['RetryableWriteError'],
  ['RetryableError', 'SystemOverloadedError'],
  ['TransientTransactionError'],
];

const TROUBLES: [string, Document][] = [
  ...CODES.map((code): [string, Document] => [`code ${code}`, failed(code)]),
  ...LABELS.map((labels): [string, Document] => [`label ${labels}`, failed(8_000, labels)]),
  ['no code', { ok: 0, errmsg: 'node is recovering' }],
];

const launch = { method: 'POST', url: '/v1/sessions', payload: { query: 'hi' } } as const;

describe('if MongoDB answers with a temporary error', () => {
  test.for(TROUBLES)('a read answers 503 after %s', async ([, reply], { scene }) => {
    const { id } = await scene.stored();
    await scene.ready();
    // The driver retries a read once if it considers the error temporary.
    scene.proxy.answer((command) => 'find' in command, reply, 10);
    const before = scene.proxy.answered;
    const answer = await scene.api.app.inject({ url: `/v1/sessions/${id}` });
    scene.proxy.answer(() => false, {});
    expect(scene.proxy.answered).toBeGreaterThan(before);
    expect(answer.statusCode, answer.body).toBe(503);
    expect(answer.json().error.code).toBe('UNAVAILABLE');
    expect(answer.headers['retry-after']).toBeDefined();
  });

  test.for([
    ...TROUBLES,
    [
      'a write concern error',
      { ok: 1, n: 1, writeConcernError: { code: 91, errmsg: 'stepping down' } },
    ],
    [
      'a write error',
      { ok: 1, n: 0, writeErrors: [{ index: 0, code: 189, errmsg: 'stepped down' }] },
    ],
  ] as [string, Document][])('a write answers 503 after %s', async ([, reply], { scene }) => {
    const isWrite = (command: Document) =>
      ['insert', 'update', 'findAndModify'].some((name) => name in command);
    await scene.ready();
    scene.proxy.answer(isWrite, reply, 10);
    const before = scene.proxy.answered;
    const answer = await scene.api.app.inject(launch);
    scene.proxy.answer(() => false, {});
    expect(scene.proxy.answered).toBeGreaterThan(before);
    expect(answer.statusCode, answer.body).toBe(503);
    expect(answer.json().error.code).toBe('UNAVAILABLE');
  });

  test('a permanent error still answers 500', async ({ scene }) => {
    const { id } = await scene.stored();
    for (const code of [2, 13, 18, 59]) {
      scene.proxy.answer((command) => 'find' in command, failed(code), 10);
      const answer = await scene.api.app.inject({ url: `/v1/sessions/${id}` });
      expect(answer.statusCode).toBe(500);
    }
    scene.proxy.answer(() => false, {});
  });
});
