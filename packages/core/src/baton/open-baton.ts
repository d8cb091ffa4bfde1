// Opens the connections to Redis and MongoDB, and creates everything that is built on them. No other module does that.
import { defined } from '../model/schema/defined.ts';
import type { MessageRequest, SentMessage } from '../model/session/message.ts';
import type { SessionQueueOptions } from '../queue/open-queue.ts';
import { openProducerRedis, type RedisConnection } from '../queue/redis.ts';
import { createScheduleQueue } from '../queue/schedule-queue.ts';
import { createSessionQueue, type SessionQueue } from '../queue/session-queue.ts';
import { createWebhookQueue } from '../queue/webhook-queue.ts';
import { type Closers, createClosers } from '../runtime/closers.ts';
import { createLogger, type Logger } from '../runtime/log.ts';
import { createScheduleServices, type ScheduleServices } from '../schedules/schedule-services.ts';
import { parseSealingKeys, type SealingKey } from '../sealing/key-set.ts';
import { createSealer, type Sealer } from '../sealing/sealer.ts';
import type { SendOptions } from '../sessions/send-message.ts';
import type { SessionManager } from '../sessions/session-manager.ts';
import type { SessionMessages } from '../sessions/session-messages.ts';
import type { SessionStop } from '../sessions/session-stop.ts';
import { createStoreClock, type StoreClock } from '../store/clock.ts';
import type { EventStore } from '../store/event-store.ts';
import { connectMongo, type Mongo } from '../store/mongo.ts';
import type { SessionStore } from '../store/session-store.ts';
import { createStores, type Stores } from '../store/stores.ts';
import { createWebhookServices, type WebhookServices } from '../webhooks/webhook-services.ts';
import { createSessionServices, type SessionServices } from './session-services.ts';

/** How long one connection may take to close, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;

/** The options of `openBaton`: Baton's servers, and the keys that encrypt secrets. */
export interface BatonOptions {
  /** Redis: a URL, ioredis options, or your own ioredis client, which stays open after `close()`. */
  redis: RedisConnection;
  /** The URL of MongoDB. If it names no database, Baton uses `baton`. */
  mongodb: string;
  /** The prefix of all keys in Redis; the workers need the same QUEUE_PREFIX. Default: `baton`. */
  prefix?: string;
  /**
   * Public keys (JWK) that encrypt secrets; the first key is used. The API serves them at /.well-known/jwks.json.
   * Default: no keys, so secrets are stored in plain text.
   */
  publicKeys?: readonly Readonly<Record<string, unknown>>[];
}

/** The session manager without `acceptance`, which only the HTTP API uses. */
export type CallerManager = Omit<SessionManager, 'acceptance'>;

/**
 * Options of a message. A repeated request with the same `idempotency_key` sends no second message.
 */
export type CallerSendOptions = Pick<SendOptions, 'idempotency_key' | 'tenant'>;

/** The messages of sessions, without the options that only the HTTP API uses. */
export interface CallerMessages extends Omit<SessionMessages, 'sendMessage'> {
  sendMessage(
    sessionId: string,
    request: MessageRequest,
    options?: CallerSendOptions,
  ): Promise<SentMessage>;
}

/**
 * Baton inside a service. It launches, continues, stops and reads sessions over two open
 * connections.
 */
export interface Baton {
  /** Launches, continues, reads and lists sessions. */
  manager: CallerManager;
  /** Cancels and interrupts sessions. */
  stop: SessionStop;
  /** Sends messages to sessions that have not ended, lists them and takes them back. */
  messages: CallerMessages;
  /** Functions that read the stored sessions and their events. */
  stores: {
    sessions: Pick<SessionStore, 'get' | 'getMany' | 'list'>;
    /** Events above a session's `last_event_seq` are not committed, so pass that number as `upTo`. */
    events: Pick<EventStore, 'page'>;
  };
  /**
   * Closes what `openBaton` opened, and leaves open what the caller passed in. Takes a few seconds at most: a
   * connection that does not close within 5 s is left behind. Returns whether every connection closed. Calling it again
   * returns the same promise.
   */
  close(): Promise<boolean>;
}

/** The options for the apps, tests and tools, which may pass their own connections. */
export interface OpenBatonOptions extends Omit<BatonOptions, 'mongodb'> {
  /** The URL of MongoDB, or an open connection, which its owner closes. */
  mongodb: string | Mongo;
  /** Default: nothing is logged. */
  log?: Logger;
  /** How long the log of webhook deliveries is kept, in milliseconds. Default: 14 days. */
  webhookLogMs?: number;
  /** How long an uploaded file that nothing uses is kept, in milliseconds. Default: a day. */
  fileUnusedMs?: number;
}

/** Baton with all its parts. */
export interface OpenBaton extends Baton, SessionServices {
  manager: SessionManager;
  messages: SessionMessages;
  stores: Stores;
  clock: StoreClock;
  queue: SessionQueue;
  mongo: Mongo;
  webhooks: WebhookServices;
  schedules: ScheduleServices;
  sealer: Sealer;
  /** The keys of `publicKeys`, parsed. */
  sealingKeys: readonly SealingKey[];
}

/**
 * Opens Baton on one Redis connection and one MongoDB client. The servers need not be reachable
 * yet: calls fail with UNAVAILABLE until they are. Throws INVALID_CONFIG if `publicKeys` contains
 * anything but public keys. Throws the driver's error if a connection cannot be used. If it throws,
 * everything that it opened is closed.
 */
export function openBaton({
  log = createLogger('baton', 'silent'),
  ...options
}: OpenBatonOptions): OpenBaton {
  const closers = createClosers(log, CLOSE_TIMEOUT_MS);
  try {
    return { ...openParts({ ...options, log }, closers), close: closers.close };
  } catch (error) {
    void closers.close();
    throw error;
  }
}

/** Opens every part of Baton, and adds each opened part to `closers`. */
function openParts(
  {
    redis,
    mongodb,
    prefix,
    publicKeys = [],
    log,
    webhookLogMs,
    fileUnusedMs,
  }: OpenBatonOptions & { log: Logger },
  closers: Closers,
): Omit<OpenBaton, 'close'> {
  const sealingKeys = parseSealingKeys(publicKeys, 'publicKeys');
  const sealer = createSealer(sealingKeys);

  const mongo = typeof mongodb === 'string' ? connectMongo(mongodb) : mongodb;
  if (mongo !== mongodb) closers.add('MongoDB', () => mongo.close());
  const { client, release } = openProducerRedis(redis);
  closers.add('the connection to Redis', release);

  const clock = createStoreClock(mongo.db);
  const stores = createStores(mongo.db, clock, { log, fileUnusedMs });
  const { queue, webhookQueue, scheduleQueue } = openQueues(
    defined({ connection: client, prefix }),
    { log, closers },
  );
  const keepMs = defined({ keepMs: webhookLogMs });
  const webhooks = createWebhookServices({ stores, queue: webhookQueue, clock, log, ...keepMs });
  const { notify } = webhooks.dispatch;
  return {
    ...createSessionServices({ stores, clock, queue, sealer, notify, log }),
    stores,
    clock,
    queue,
    mongo,
    webhooks,
    schedules: createScheduleServices({
      store: stores.schedules,
      files: stores.files,
      queue: scheduleQueue,
      sealer,
    }),
    sealer,
    sealingKeys,
  };
}

/** Opens the three queues on one connection. They are closed together. */
function openQueues(
  connection: SessionQueueOptions,
  { log, closers }: { log: Logger; closers: Closers },
) {
  const opened: { close(): Promise<void> }[] = [];
  closers.add('Redis', () => Promise.all(opened.map((queue) => queue.close())));
  const queue = createSessionQueue({ ...connection, log });
  opened.push(queue);
  const webhookQueue = createWebhookQueue(connection);
  opened.push(webhookQueue);
  const scheduleQueue = createScheduleQueue(connection);
  opened.push(scheduleQueue);
  return { queue, webhookQueue, scheduleQueue };
}
