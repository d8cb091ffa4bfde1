import { randomInt } from 'node:crypto';
import {
  connectMongo,
  createKeyStore,
  createLogger,
  createLoginStore,
  type KeyStore,
  type Scope,
} from '@baton/core/internal';
import { createKeyCache } from '../../apps/api/src/auth/key-cache.ts';
import { type Api, test as base, databaseUrl, openApi } from './api.ts';
import { redisUrl } from './services.ts';

/** How long the API of a test caches a key, in milliseconds. */
const TRUSTED_MS = 200;

/** An API that asks for keys, and the store of the keys. */
export interface KeyedApi extends Api {
  keys: KeyStore;
  /** Creates a key of this scope and returns the header that carries it. */
  as(scope: Scope, tenant?: string): Promise<{ authorization: string }>;
}

/** Opens an API over these stores that asks for keys. */
export async function openKeyedApi(at: {
  redis: string;
  mongodb: string;
  prefix: string;
  trustedProxies?: readonly string[];
}): Promise<KeyedApi> {
  const mongo = connectMongo(at.mongodb);
  const keys = createKeyStore(mongo.db);
  const log = createLogger('api', 'silent');
  const cache = createKeyCache(keys, log, TRUSTED_MS);
  const api = await openApi({
    ...at,
    auth: { kind: 'keys', cache, logins: createLoginStore(mongo.db) },
  });
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

/** Returns the id and the secret in a key's text. The secret may contain underscores itself. */
export function partsOf(key: string): { id: string; secret: string } {
  const [, id = '', ...secret] = key.split('_');
  return { id, secret: secret.join('_') };
}

/** Logs in with this key, as a browser does, and returns the cookie. */
export async function logIn({ app }: KeyedApi, key: string): Promise<string> {
  const done = await app.inject({
    method: 'POST',
    url: '/login',
    payload: new URLSearchParams({ key }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    remoteAddress: `10.100.${randomInt(256)}.${randomInt(256)}`, // logins are limited by address
  });
  return String(done.headers['set-cookie']).split(';')[0] ?? '';
}

/** `test` with two APIs that ask for keys, for the test file. `proxied` trusts a proxy at 10.9.9.9. */
export const test = base.extend<{ $file: { keyed: KeyedApi; proxied: KeyedApi } }>({
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
  proxied: [
    async ({ databaseName, queuePrefix }, use) => {
      const at = { redis: redisUrl(), mongodb: databaseUrl(databaseName), prefix: queuePrefix };
      const proxied = await openKeyedApi({ ...at, trustedProxies: ['10.9.9.9'] });
      await use(proxied);
      await proxied.close();
    },
    { scope: 'file' },
  ],
});
