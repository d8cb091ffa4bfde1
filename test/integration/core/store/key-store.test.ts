import { createKeyStore, isSecretOf, parseKeyText } from '@baton/core/internal';
import { describe, expect, vi } from 'vitest';
import { test } from '../../../support/services.ts';

const key = { name: 'ci', tenant: 'default', scope: 'write' } as const;

describe('the API key store', () => {
  test('finds a key by its id and stores only the hash of its secret', async ({ db }) => {
    const store = createKeyStore(db);
    const { key: made, text } = await store.create(key);
    const { id, secret } = parseKeyText(text) ?? expect.fail('expected the text of a key');
    const stored = await store.find(id);
    expect(stored?.key).toEqual(made);
    expect(isSecretOf(secret, stored?.hash ?? '')).toBe(true);
    expect(isSecretOf(`${secret.slice(1)}x`, stored?.hash ?? '')).toBe(false);
    const document = await db.collection('api_keys').findOne({ _id: id as never });
    expect(JSON.stringify(document)).not.toContain(secret);
  });

  test('gives each key its own id and secret', async ({ db }) => {
    const store = createKeyStore(db);
    const texts = await Promise.all(
      Array.from({ length: 20 }, async () => (await store.create(key)).text),
    );
    const parts = texts.map(
      (text) => parseKeyText(text) ?? expect.fail('expected the text of a key'),
    );
    expect(new Set(parts.map(({ id }) => id)).size).toBe(20);
    expect(new Set(parts.map(({ secret }) => secret)).size).toBe(20);
    for (const { secret } of parts) expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  });

  test('lists keys without their hashes', async ({ db }) => {
    const store = createKeyStore(db);
    const { key: made } = await store.create({ ...key, name: 'listed' });
    const listed = await store.list();
    expect(listed).toContainEqual(made);
    for (const one of listed) expect(one).not.toHaveProperty('hash');
  });

  test('leaves an unreadable document out of the list and logs it once', async ({ db }) => {
    const logged: object[] = [];
    const log = { error: (facts: object) => logged.push(facts) };
    const store = createKeyStore(db, { log: log as never });
    const { key: made } = await store.create(key);
    await db.collection<{ _id: string }>('api_keys').insertOne({ _id: 'odd' });
    for (let round = 0; round < 2; round += 1) {
      const listed = await store.list();
      expect(listed).toContainEqual(made);
      expect(listed.map(({ id }) => id)).not.toContain('odd');
    }
    expect(logged).toMatchObject([{ collection: 'api_keys', document_id: 'odd' }]);
  });

  test('keeps the time of the first revocation', async ({ db }) => {
    const store = createKeyStore(db);
    const { key: made } = await store.create(key);
    const { revoked_at } = await store.revoke(made.id);
    expect(revoked_at).toBeInstanceOf(Date);
    expect((await store.revoke(made.id)).revoked_at).toEqual(revoked_at);
    expect((await store.find(made.id))?.key.revoked_at).toEqual(revoked_at);
    await expect(store.revoke('0000000000000000')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('writes the time of the last use, but not at every use', async ({ db }) => {
    const store = createKeyStore(db);
    const { key: made } = await store.create(key);
    await store.noteUse(made.id);
    const first = (await store.find(made.id))?.key.last_used_at;
    expect(first).toBeInstanceOf(Date);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    await store.noteUse(made.id);
    expect((await store.find(made.id))?.key.last_used_at).toEqual(first);
    vi.setSystemTime(Date.now() + 10 * 60_000);
    await store.noteUse(made.id);
    vi.useRealTimers();
    expect((await store.find(made.id))?.key.last_used_at?.getTime()).toBeGreaterThan(
      first?.getTime() ?? Number.POSITIVE_INFINITY,
    );
  });
});
