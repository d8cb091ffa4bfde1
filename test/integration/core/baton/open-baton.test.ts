// openBaton as a service in plain JavaScript uses it, with values that the types forbid.
import { type Baton, type BatonOptions, createProducer, newId, openBaton } from '@baton/core';
import { Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import { databaseUrl } from '../../../support/api.ts';
import { test as base, redisUrl } from '../../../support/services.ts';

const test = base.extend<{ $file: { options: BatonOptions; baton: Baton } }>({
  options: [
    async ({ databaseName, queuePrefix, db: _dropped }, use) =>
      use({ redis: redisUrl(), mongodb: databaseUrl(databaseName), prefix: queuePrefix }),
    { scope: 'file' },
  ],
  baton: [
    async ({ options }, use) => {
      const baton = openBaton(options);
      await use(baton);
      await baton.close();
    },
    { scope: 'file' },
  ],
});

const NOT_IDS: readonly unknown[] = [undefined, null, 7, '', 'x', {}, { $ne: null }, ['x']];
const CLOSED = 'redis://127.0.0.1:1';

const refused = (field: string) => ({ code: 'INVALID_REQUEST', details: { field } });

describe('a call of the opened Baton', () => {
  test.for(NOT_IDS)('is refused if the id is %j', async (id, { baton }) => {
    const launched = await baton.manager.launchSession({ query: 'q' });
    const given = id as string;
    const { sessions, events } = baton.stores;
    const page = { sessionId: given, after: 0, upTo: 1, limit: 1 };
    await expect(baton.stop.cancelSession(given)).rejects.toMatchObject(refused('id'));
    const many = baton.stop.cancelSessions({ ids: [given] });
    await expect(many).rejects.toMatchObject(refused('ids.0'));
    await expect(baton.stop.interruptSession(given)).rejects.toMatchObject(refused('id'));
    const { messages } = baton;
    const sending = messages.sendMessage(given, { content: 'c' });
    await expect(sending).rejects.toMatchObject(refused('id'));
    await expect(messages.listMessages(given)).rejects.toMatchObject(refused('id'));
    const taking = messages.cancelMessage(launched.id, given);
    await expect(taking).rejects.toMatchObject(refused('id'));
    await expect(baton.manager.rerunSession(given)).rejects.toMatchObject(refused('id'));
    await expect(baton.manager.getSession(given)).rejects.toMatchObject(refused('id'));
    await expect(baton.manager.getSessionInfo(given)).rejects.toMatchObject(refused('id'));
    await expect(sessions.get(given)).rejects.toMatchObject(refused('id'));
    await expect(sessions.getMany([given])).rejects.toMatchObject(refused('ids.0'));
    await expect(events.page(page)).rejects.toMatchObject(refused('sessionId'));
    expect(await baton.manager.getSessionInfo(launched.id)).toMatchObject({ status: 'queued' });
  });

  test.for<[filter: object, field: string]>([
    [{ status: { $ne: 'queued' } }, 'status'],
    [{ status: 'unheard' }, 'status'],
    [{ parent_session_id: null }, 'parent_session_id'],
    [{ $where: 'true' }, '$where'],
    [{ limit: 0 }, 'limit'],
    [{ limit: 'x' }, 'limit'],
    [{ limit: 1_000_000 }, 'limit'],
    [{ cursor: 5 }, 'cursor'],
  ])('is refused if it lists with the filter %j', async ([filter, field], { baton }) => {
    await expect(baton.manager.listSessions(filter)).rejects.toMatchObject(refused(field));
    const asked = { limit: 1, ...filter };
    await expect(baton.stores.sessions.list(asked)).rejects.toMatchObject(refused(field));
  });

  test.for<[request: object | null, options: object, field: string]>([
    [null, {}, ''],
    [{ content: '' }, {}, 'content'],
    [{ content: 'c', priority: 'soon' }, {}, 'priority'],
    [{ content: 'c' }, { idempotency_key: null }, 'idempotency_key'],
    [{ content: 'c' }, { judge: 'x' }, 'judge'],
  ])(
    'is refused if it sends the message %j with %j',
    async ([request, given, field], { baton }) => {
      const { id } = await baton.manager.launchSession({ query: 'q' });
      const sending = baton.messages.sendMessage(id, request as { content: string }, given);
      await expect(sending).rejects.toMatchObject(refused(field));
      expect(await baton.messages.listMessages(id)).toEqual({ messages: [] });
    },
  );

  test('sends a message, lists it and takes it back', async ({ baton }) => {
    const { id } = await baton.manager.launchSession({ query: 'q' });
    const sent = await baton.messages.sendMessage(id, { content: 'c' }, { idempotency_key: 'k' });
    expect(sent).toEqual({ id: expect.any(String), status: 'queued', session_id: id });
    const { messages } = await baton.messages.listMessages(id, { limit: 1 });
    expect(messages).toMatchObject([{ id: sent.id, content: 'c', status: 'queued' }]);
    const view = await baton.messages.cancelMessage(id, sent.id);
    expect(view).toMatchObject({ id: sent.id, status: 'cancelled' });
  });

  test('treats undefined in a list filter as absent', async ({ baton }) => {
    const { id } = await baton.manager.launchSession({ query: 'q' }, { tags: ['listed'] });
    const filter = { tag: 'listed', status: undefined, cursor: undefined } as object;
    const { sessions } = await baton.manager.listSessions(filter);
    expect(sessions.map((info) => info.id)).toEqual([id]);
    expect((await baton.stores.sessions.list({ tag: 'listed', limit: 1 })).sessions).toHaveLength(
      1,
    );
    expect(await baton.manager.listSessions()).toHaveProperty('sessions');
  });

  test('fails as UNAVAILABLE while MongoDB is away and after close()', async ({ options }) => {
    const away = openBaton({
      ...options,
      mongodb: 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50',
    });
    const unavailable = { code: 'UNAVAILABLE' };
    await expect(away.manager.getSessionInfo(newId())).rejects.toMatchObject(unavailable);
    await expect(away.manager.listSessions()).rejects.toMatchObject(unavailable);
    await expect(away.stop.cancelSession(newId())).rejects.toMatchObject(unavailable);
    const sending = away.messages.sendMessage(newId(), { content: 'c' });
    await expect(sending).rejects.toMatchObject(unavailable);
    await expect(away.stores.sessions.get(newId())).rejects.toMatchObject(unavailable);
    expect(await away.close()).toBe(true);
    await expect(away.stores.sessions.get(newId())).rejects.toMatchObject(unavailable);
  });
});

describe('openBaton refuses', () => {
  test.for<[change: object, field: string]>([
    [{ redis: undefined }, 'redis'],
    [{ redis: 'localhost:6379' }, 'redis'],
    [{ redis: 'http://localhost' }, 'redis'],
    [{ redis: `${CLOSED}/baton` }, 'redis'],
    [{ redis: { port: 1, keyPrefix: 'mine:' } }, 'keyPrefix'],
    [{ mongodb: undefined }, 'mongodb'],
    [{ mongodb: 'localhost' }, 'mongodb'],
    [{ mongodb: 'mongodb://a:1,,b:2/baton' }, 'mongodb'],
    [{ mongodb: 'mongodb://a:1/?unheard=1' }, 'mongodb'],
    [{ prefix: '' }, 'prefix'],
    [{ prefix: ' ' }, 'prefix'],
    [{ prefix: 7 }, 'prefix'],
    [{ publicKeys: null }, 'publicKeys'],
    [{ publicKeys: '' }, 'publicKeys'],
  ])('the option %j', ([change, field], { options }) => {
    expect(() => openBaton({ ...options, ...change })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', details: { field } }),
    );
  });

  test('a call without options', () => {
    expect(() => openBaton(undefined as unknown as BatonOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    );
  });

  test('a bad connection and an empty prefix, and createProducer refuses them too', () => {
    for (const options of [{ connection: 'localhost' }, { connection: CLOSED, prefix: '' }]) {
      expect(() => createProducer(options)).toThrow(
        expect.objectContaining({ code: 'INVALID_CONFIG' }),
      );
    }
  });
});

test('a Redis client that the caller passed stays open and unchanged after close()', async ({
  options,
}) => {
  const client = new Redis(redisUrl());
  const listeners = () => client.eventNames().map((name) => [name, client.listenerCount(name)]);
  const before = listeners();
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  const opened = Array.from({ length: 12 }, () => openBaton({ ...options, redis: client }));
  const producers = Array.from({ length: 12 }, () =>
    createProducer({ connection: client, prefix: options.prefix ?? '' }),
  );
  for (const { manager } of opened) await manager.launchSession({ query: 'q' });
  for (const producer of producers) await producer.close();
  for (const baton of opened) expect(await baton.close()).toBe(true);
  process.off('warning', onWarning);
  expect(listeners()).toEqual(before);
  expect(warnings).toEqual([]);
  expect(await client.ping()).toBe('PONG');
  client.disconnect();
});

test('openBaton returns exactly what the README lists', ({ baton }) => {
  expect(Object.keys(baton).toSorted()).toEqual(['close', 'manager', 'messages', 'stop', 'stores']);
  expect(Object.keys(baton.manager)).not.toContain('acceptance');
});
