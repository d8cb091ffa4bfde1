import { connectMongo, createKeyStore, createLogger, type KeyStore, type Scope } from '@baton/core';
import { createKeyRing } from '../../apps/api/src/auth/key-ring.ts';
import { type Api, test as base, databaseUrl, openApi } from './api.ts';
import { redisUrl } from './services.ts';

/** How long the APIs of tests trust a key they read, in milliseconds. */
export const TRUSTED_MS = 200;

/** An API that asks for keys, and the keys. */
export interface KeyedApi extends Api {
  keys: KeyStore;
  /** The header that shows a new key of this scope. */
  as(scope: Scope, tenant?: string): Promise<{ authorization: string }>;
}

/** Opens an API that asks for keys over these stores. */
export async function openKeyedApi(at: {
  redis: string;
  mongodb: string;
  prefix: string;
}): Promise<KeyedApi> {
  const mongo = connectMongo(at.mongodb);
  const keys = createKeyStore(mongo.db);
  const log = createLogger('api', 'silent');
  const ring = createKeyRing(keys, log, TRUSTED_MS);
  const api = await openApi({ ...at, auth: { kind: 'keys', ring } });
  return {
    ...api,
    keys,
    async as(scope, tenant = 'default') {
      const { text } = await keys.create({ name: `test-${scope}`, tenant, scope });
      return { authorization: `Bearer ${text}` };
    },
    async close() {
      await api.close();
      await mongo.close();
    },
  };
}

/** `test` with an API of the test file's own that asks for keys. */
export const test = base.extend<{ $file: { keyed: KeyedApi } }>({
  keyed: [
    async ({ databaseName, queuePrefix, db: _dropped }, use) => {
      const mongodb = databaseUrl(databaseName);
      const keyed = await openKeyedApi({ redis: redisUrl(), mongodb, prefix: queuePrefix });
      await use(keyed);
      await keyed.queue.bull.obliterate({ force: true });
      await keyed.close();
    },
    { scope: 'file' },
  ],
});
