import {
  type AddressRange,
  type Admission,
  connectMongo,
  createAdmission,
  createEventStore,
  createLimits,
  createLiveHub,
  createLogger,
  createSealer,
  createSessionDeletion,
  createSessionHeads,
  createSessionManager,
  createSessionQueue,
  createSessionStop,
  createSessionStore,
  createStopRequests,
  createStoreClock,
  createTranscriptStore,
  createUsageStore,
  DEFAULT_POLICY,
  type EventStore,
  type OpenSchedules,
  type OpenWebhooks,
  openSchedules,
  openWebhooks,
  type Policy,
  type SealingKey,
  type SessionQueue,
  type SessionStore,
  withStopNotifications,
} from '@baton/core/internal';
import { createApp } from '../../apps/api/src/app.ts';
import type { App } from '../../apps/api/src/app-type.ts';
import type { Auth } from '../../apps/api/src/auth/auth.ts';
import { test as base, mongodbUrl, redisUrl } from './services.ts';

/** The API over real stores, what it logs, and the stores themselves. */
export interface Api {
  app: App;
  queue: SessionQueue;
  sessions: SessionStore;
  admission: Admission;
  events: EventStore;
  webhooks: OpenWebhooks;
  schedules: OpenSchedules;
  logged: string[];
  close(): Promise<void>;
}

/** What an API of tests is made from. */
export interface ApiOptions {
  redis: string;
  mongodb: string;
  prefix: string;
  policy?: Partial<Policy>;
  /** Default: nobody shows a key. */
  auth?: Auth;
  trustedProxies?: readonly string[];
  /** Of streams: the times in which they beat and look. */
  times?: { heartbeatMs?: number; maxAgeMs?: number; pollMs?: number };
  allowedAddresses?: readonly AddressRange[];
  /** What secrets are sealed to; default: they are not. */
  sealingKeys?: readonly SealingKey[];
}

/** Opens the API over these stores; sessions may work below /srv/allowed. */
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
  const mongo = connectMongo(mongodb);
  const queue = createSessionQueue({ connection: redis, prefix });
  const hub = createLiveHub({ url: redis, prefix });
  const sessions = createSessionStore(mongo.db, { log });
  const events = createEventStore(mongo.db);
  const clock = createStoreClock(mongo.db);
  const sealer = createSealer(sealingKeys);
  const schedules = openSchedules({ db: mongo.db, clock, log, connection: redis, prefix, sealer });
  const admission = createAdmission({ db: mongo.db, clock, queue });
  const manager = createSessionManager({ queue, sessions, admission, sealer });
  const webhooks = openWebhooks({ db: mongo.db, clock, log, connection: redis, prefix });
  const requests = withStopNotifications(
    createStopRequests(mongo.db, clock),
    webhooks.dispatch.notify,
  );
  const app = await createApp({
    manager,
    stop: createSessionStop({ manager, queue, requests, admission }),
    queue,
    sessions,
    events,
    mongo,
    live: { hub, heads: createSessionHeads(mongo.db), ...times },
    log,
    policy: { ...DEFAULT_POLICY, allowedRoots: ['/srv/allowed'], ...policy },
    auth,
    trustedProxies,
    webhooks,
    schedules: schedules.verbs,
    allowedAddresses,
    sealingKeys,
    deletion: createSessionDeletion({ db: mongo.db, clock, queue, requests }),
    transcripts: createTranscriptStore(mongo.db),
    usageOf: createUsageStore(mongo.db),
    limits: createLimits({ db: mongo.db, clock, log }),
  });
  return {
    app,
    queue,
    sessions,
    admission,
    events,
    webhooks,
    schedules,
    logged,
    async close() {
      await app.close();
      hub.close();
      await webhooks.close();
      await schedules.close();
      await queue.close();
      await mongo.close();
    },
  };
}

/** `test` with an API of the test file's own, over its database and queue prefix. */
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

/** The URL of this run's MongoDB that names a database. */
export function databaseUrl(databaseName: string): string {
  const url = new URL(mongodbUrl());
  url.pathname = databaseName;
  return url.href;
}

/** The queue's jobs that carry sessions, whatever their state. */
export async function countJobs(api: Api): Promise<number> {
  return api.queue.bull.getJobCountByTypes();
}
