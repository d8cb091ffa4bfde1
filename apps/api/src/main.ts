// The API's composition root. Prints `{"api": url}` on stdout once it listens; logs go to stderr.
import {
  type AppError,
  connectMongo,
  createAdmission,
  createClosers,
  createEventStore,
  createKeyStore,
  createLimits,
  createLiveHub,
  createLogger,
  createLoginStore,
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
  openSchedules,
  openWebhooks,
  policyOf,
  readPublicKeys,
  withStopNotifications,
} from '@baton/core/internal';
import { createApp } from './app.ts';
import type { Auth } from './auth/auth.ts';
import { createKeyRing } from './auth/key-ring.ts';
import { keepIndexes } from './indexes.ts';
import { readApiSettings } from './settings.ts';

/** How long each part may take to stop, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;

function readSettings() {
  try {
    return readApiSettings(process.env);
  } catch (error) {
    const { code, message } = error as AppError;
    createLogger('api', 'fatal').fatal({ code }, message);
    process.exit(1);
  }
}

const settings = readSettings();
const log = createLogger('api', settings.LOG_LEVEL);
const closers = createClosers(log, CLOSE_TIMEOUT_MS);

async function stop(code: number): Promise<void> {
  const allClosed = await closers.close();
  process.exit(allClosed ? code : 1);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    log.info({ signal }, 'stopping');
    void stop(0);
  });
}

try {
  const mongo = connectMongo(settings.MONGODB_URL);
  closers.add('MongoDB', () => mongo.close());
  const stopping = new AbortController();
  closers.add('indexes', () => stopping.abort());
  void keepIndexes(mongo.db, log, stopping.signal);

  const queue = createSessionQueue({
    connection: settings.REDIS_URL,
    prefix: settings.QUEUE_PREFIX,
  });
  closers.add('Redis', () => queue.close());

  const hub = createLiveHub({ url: settings.REDIS_URL, prefix: settings.QUEUE_PREFIX });
  closers.add('streams', () => hub.close());

  const sessions = createSessionStore(mongo.db, { log });
  const events = createEventStore(mongo.db);
  const clock = createStoreClock(mongo.db);
  const admission = createAdmission({ db: mongo.db, clock, queue, log });
  const sealingKeys = await readPublicKeys(settings.SECRETS_PUBLIC_KEYS);
  const sealer = createSealer(sealingKeys);
  const manager = createSessionManager({ queue, sessions, admission, sealer });
  const webhooks = openWebhooks({
    db: mongo.db,
    clock,
    log,
    connection: settings.REDIS_URL,
    prefix: settings.QUEUE_PREFIX,
  });
  closers.add('webhooks', () => webhooks.close());
  const schedules = openSchedules({
    db: mongo.db,
    clock,
    log,
    connection: settings.REDIS_URL,
    prefix: settings.QUEUE_PREFIX,
    sealer,
  });
  closers.add('schedules', () => schedules.close());
  const requests = withStopNotifications(
    createStopRequests(mongo.db, clock),
    webhooks.dispatch.notify,
  );
  const stopOf = createSessionStop({ manager, queue, requests, admission });
  const deletion = createSessionDeletion({ db: mongo.db, clock, queue, requests });
  const transcripts = createTranscriptStore(mongo.db);
  const policy = policyOf(settings);
  const live = { hub, heads: createSessionHeads(mongo.db) };
  const auth: Auth =
    settings.AUTH === 'none'
      ? { kind: 'none' }
      : {
          kind: 'keys',
          ring: createKeyRing(createKeyStore(mongo.db), log),
          logins: createLoginStore(mongo.db),
        };
  const allowedAddresses = settings.WEBHOOK_ALLOWED_ADDRESSES;
  const parts = {
    manager,
    stop: stopOf,
    queue,
    sessions,
    events,
    mongo,
    log,
    policy,
    live,
    auth,
    sealingKeys,
    schedules: schedules.verbs,
    trustedProxies: settings.TRUST_PROXY,
  };
  const app = await createApp({
    ...parts,
    webhooks,
    allowedAddresses,
    deletion,
    transcripts,
    usageOf: createUsageStore(mongo.db),
    limits: createLimits({ db: mongo.db, clock, log }),
  });
  closers.add('HTTP', () => app.close());

  const url = await app.listen({
    host: settings.HOST,
    port: settings.PORT,
    listenTextResolver: (address) => `ready at ${address}, to read at /docs, the queue at /queues`,
  });
  process.stdout.write(`${JSON.stringify({ api: url })}\n`);
} catch (error) {
  log.fatal({ err: error }, 'the API could not start');
  await stop(1);
}
