import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import type { FileLimits } from '../../apps/api/src/app-deps.ts';
import type { App } from '../../apps/api/src/app-type.ts';
import type { Auth } from '../../apps/api/src/auth/auth.ts';
import {
  type CaptureCacheOptions,
  createCaptureCache,
} from '../../apps/api/src/captures/capture-cache.ts';
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
  /** How the cache of captures differs from the usual one. */
  cache?: Partial<CaptureCacheOptions>;
  /** Bounds on uploads, and how long an upload may stay silent and take. */
  fileLimits?: Partial<FileLimits>;
}

const MIB = 1024 * 1024;

const FILE_LIMITS = {
  maxBytes: 32 * MIB,
  unusedMaxBytes: 1024 * MIB,
  uploadMs: 60_000,
  uploadIdleMs: 30_000,
};

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
  cache = {},
  fileLimits = {},
}: ApiOptions): Promise<Api> {
  const logged: string[] = [];
  const log = createLogger('api', 'trace', { write: (line) => logged.push(line) });
  const baton = openBaton({ redis, mongodb, prefix, publicKeys: sealingKeys, log });
  const hub = createLiveHub({ url: redis, prefix });
  const captures = createCaptureCache({
    captures: baton.stores.captures,
    directory: join(tmpdir(), 'baton-captures-of-tests'),
    maxBytes: 1024 ** 3,
    path: process.env['PATH'] ?? '',
    log,
    ...cache,
  });
  const app = await createApp({
    ...baton,
    streaming: { hub, heads: baton.stores.heads, ...times },
    log,
    captures,
    policy: {
      ...DEFAULT_POLICY,
      allowedRoots: ['/srv/allowed'],
      allowedPluginDirs: ['/srv/plugins'],
      ...policy,
    },
    auth,
    trustedProxies,
    allowedAddresses,
    fileLimits: { ...FILE_LIMITS, ...fileLimits },
  });
  return {
    ...baton,
    app,
    logged,
    async close() {
      await app.close();
      hub.close();
      await captures.close();
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
