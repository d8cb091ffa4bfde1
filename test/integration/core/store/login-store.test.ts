import { createLoginStore, LOGIN_LASTS_MS } from '@baton/core/internal';
import { describe, expect, vi } from 'vitest';
import { test } from '../../../support/services.ts';

describe('a login', () => {
  test('belongs to its key until it ends, and its stored form cannot be used to log in', async ({
    db,
  }) => {
    const logins = createLoginStore(db);
    const token = await logins.begin('k1');
    expect(await logins.findKeyId(token)).toBe('k1');
    const stored = await db.collection('logins').find().toArray();
    expect(JSON.stringify(stored)).not.toContain(token);
    expect(await logins.findKeyId(String(stored[0]?._id))).toBeNull();
    await logins.end(token);
    expect(await logins.findKeyId(token)).toBeNull();
    await logins.end(token);
  });

  test('expires, and the next login removes it', async ({ db }) => {
    const logins = createLoginStore(db);
    vi.useFakeTimers({ toFake: ['Date'] });
    const token = await logins.begin('k2');
    vi.setSystemTime(Date.now() + LOGIN_LASTS_MS - 1);
    expect(await logins.findKeyId(token)).toBe('k2');
    vi.setSystemTime(Date.now() + 1);
    expect(await logins.findKeyId(token)).toBeNull();
    await logins.begin('k3');
    vi.useRealTimers();
    expect(await db.collection('logins').countDocuments({ key_id: 'k2' })).toBe(0);
  });
});
