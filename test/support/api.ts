import {
  type AddressRange,
  createLiveHub,
  createLogger,
  DEFAULT_POLICY,
  type OpenBaton,
  openBaton,
  type Policy,
  type SealingKey,
} from '@baton/core/internal';
import { createApp } from '../../apps/api/src/app.ts';
import type { App } from '../../apps/api/src/app-type.ts';
import type { Auth } from '../../apps/api/src/auth/auth.ts';
import { test as base, mongodbUrl, redisUrl } from './services.ts';

/** The API over real stores, the lines that it logged, and the Baton that it is built on. */
export interface Api extends Omit<OpenBaton, 'close'> {
  app: App;
  logged: string[];
  close(): Promise<void>;
}

/** The options of `openApi`. */
export interface ApiOptions {
  redis: string;
  mongodb: string;
  prefix: string;
  policy?: Partial<Policy>;
  /** Default: the API asks for no key. */
  auth?: Auth;
  trustedProxies?: readonly string[];
  /** How often a stream sends a heartbeat and polls, and how long it lives, in milliseconds. */
  times?: { heartbeatMs?: number; maxAgeMs?: number; pollMs?: number };
  allowedAddresses?: readonly AddressRange[];
  /** The public keys that secrets are sealed with. Default: none, so secrets stay plain text. */
  sealingKeys?: readonly SealingKey[];
}

/** Opens the API over these stores. By default, sessions may only work below /srv/allowed. */
export async function openApi({
  redis,
  mongodb,
  prefix,
  policy,
  auth = { kind: 'none' },
  trustedProxies = [],
  times = {},
  allowedAddresses = [],
  sealingKeys = [],
}: ApiOptions): Promise<Api> {
  const logged: string[] = [];
  const log = createLogger('api', 'trace', { write: (line) => logged.push(line) });
  const baton = openBaton({ redis, mongodb, prefix, publicKeys: sealingKeys, log });
  const hub = createLiveHub({ url: redis, prefix });
  const app = await createApp({
    ...baton,
    streaming: { hub, heads: baton.stores.heads, ...times },
    log,
    policy: { ...DEFAULT_POLICY, allowedRoots: ['/srv/allowed'], ...policy },
    auth,
    trustedProxies,
    allowedAddresses,
  });
  return {
    ...baton,
    app,
    logged,
    async close() {
      await app.close();
      hub.close();
      await baton.close();
    },
  };
}

/** `test` with one API for the test file, over the file's database and queue prefix. */
export const test = base.extend<{ $file: { api: Api } }>({
  api: [
    async ({ databaseName, queuePrefix, db: _dropped }, use) => {
      const mongodb = databaseUrl(databaseName);
      const api = await openApi({ redis: redisUrl(), mongodb, prefix: queuePrefix });
      await use(api);
      await api.queue.bull.obliterate({ force: true });
      await api.close();
    },
    { scope: 'file' },
  ],
});

/** Returns the URL of a database on the MongoDB of this test run. */
export function databaseUrl(databaseName: string): string {
  const url = new URL(mongodbUrl());
  url.pathname = databaseName;
  return url.href;
}

/** Returns how many jobs the queue of sessions holds, in all states. */
export async function countJobs(api: Api): Promise<number> {
  return api.queue.bull.getJobCountByTypes();
}
