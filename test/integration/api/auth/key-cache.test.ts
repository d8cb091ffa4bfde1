import { createKeyStore, createLogger, type KeyStore } from '@baton/core/internal';
import { expect } from 'vitest';
import { createKeyCache } from '../../../../apps/api/src/auth/key-cache.ts';
import { test } from '../../../support/services.ts';

const log = createLogger('api', 'silent');

/** Wraps the key store and counts its reads. */
function counted(keys: KeyStore): { keys: KeyStore; asked: () => number } {
  let asked = 0;
  const find: KeyStore['find'] = (id) => {
    asked += 1;
    return keys.find(id);
  };
  return { keys: { ...keys, find }, asked: () => asked };
}

test('a key identifies its tenant, and grants its scope and all lower scopes', async ({ db }) => {
  const keys = createKeyStore(db);
  const { key, text } = await keys.create({ name: 'a', tenant: 'team-a', scope: 'write' });
  const cache = createKeyCache(keys, log);
  const caller = { keyId: key.id, tenant: 'team-a', scopes: ['read', 'write'] };
  expect(await cache.identify(text)).toEqual(caller);
  expect(await cache.recall(key.id)).toEqual(caller);
  expect(await cache.recall('0000000000000000')).toBeNull();
});

test('many calls with one key ask the database once', async ({ db }) => {
  const { keys, asked } = counted(createKeyStore(db));
  const { text } = await keys.create({ name: 'a', tenant: 'default', scope: 'read' });
  const cache = createKeyCache(keys, log);
  const callers = await Promise.all(Array.from({ length: 50 }, () => cache.identify(text)));
  expect(new Set(callers.map((caller) => caller?.keyId)).size).toBe(1);
  expect(asked()).toBe(1);
});

test('a malformed key does not reach the database', async ({ db }) => {
  const { keys, asked } = counted(createKeyStore(db));
  const cache = createKeyCache(keys, log);
  for (const text of ['', 'baton__', `baton_${'A'.repeat(16)}_${'x'.repeat(43)}`, '{"$ne":1}']) {
    expect(await cache.identify(text)).toBeNull();
  }
  expect(asked()).toBe(0);
});

test('a new key is accepted at once, even if it was looked up before it existed', async ({
  db,
}) => {
  const keys = createKeyStore(db);
  const { key } = await keys.create({ name: 'a', tenant: 'default', scope: 'read' });
  await db.collection('api_keys').updateOne({ _id: key.id as never }, { $rename: { hash: 'was' } });
  const document = await db.collection('api_keys').findOneAndDelete({ _id: key.id as never });
  const cache = createKeyCache(keys, log);
  expect(await cache.recall(key.id)).toBeNull();
  await db.collection('api_keys').insertOne(document as never);
  expect(await cache.recall(key.id)).not.toBeNull();
});
