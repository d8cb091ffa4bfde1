import { type RedisOptions as AllRedisOptions, Redis } from 'ioredis';
import { AppError } from '../model/errors/app-error.ts';
import { isElsewhere } from './redis-trouble.ts';

// BullMQ reads replies in ioredis's default shapes; the option that changes them is left out.
type RedisOptions = Omit<AllRedisOptions, 'replyMapping'>;

/** What a caller may hand in as a connection: a URL, ioredis options, or a client of its own. */
export type RedisConnection = string | RedisOptions | Redis;

/** A client that may be used until `release`. */
export interface OpenedRedis {
  client: Redis;
  /** Disconnects the client where it was opened here; a client that was handed over stays as it was. Safe to call twice. */
  release(): void;
}

/** The shortest time between two reconnections because of what Redis answered, in milliseconds. */
const RECONNECT_EVERY_MS = 1_000;

// BullMQ's blocking connections and the copies of a client take over its options, this one included.
function open(connection: string | RedisOptions, options: RedisOptions): Redis {
  if (typeof connection === 'string') {
    return new Redis(connection, { ...options, reconnectOnError: createReconnectRule() });
  }
  const reconnectOnError = createReconnectRule(connection.reconnectOnError);
  return new Redis({ ...connection, ...options, reconnectOnError });
}

// After a failover in place the address leads to another server, and the connection still to the old one.
function createReconnectRule(
  callersRule?: RedisOptions['reconnectOnError'],
): NonNullable<RedisOptions['reconnectOnError']> {
  let next = 0;
  return (error) => {
    const verdict = callersRule?.(error);
    if (verdict) return verdict;
    if (!isElsewhere(error) || performance.now() < next) return false;
    next = performance.now() + RECONNECT_EVERY_MS;
    return true;
  };
}

/**
 * Opens a client that fails fast while Redis is away, so that a producer answers instead of hanging. Throws
 * INVALID_CONFIG where the client would put a prefix of its own before each key: BullMQ does not take one.
 */
export function openProducerRedis(connection: RedisConnection): OpenedRedis {
  if (isClient(connection)) {
    checkKeyPrefix(connection);
    return share(connection);
  }
  const client = open(connection, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
  });
  client.on('error', ignore);
  const release = () => client.disconnect();
  try {
    checkKeyPrefix(client);
  } catch (error) {
    release();
    throw error;
  }
  return { client, release };
}

function checkKeyPrefix({ options }: Redis): void {
  if (!options.keyPrefix) return;
  throw new AppError(
    'INVALID_CONFIG',
    'keyPrefix: expected a Redis connection without it; give the option prefix instead',
    { details: { field: 'keyPrefix' } },
  );
}

/** How many users a client has that was handed over. They share one listener: Node warns where there are many. */
const users = new WeakMap<Redis, number>();

function share(client: Redis): OpenedRedis {
  let isReleased = false;
  if (!users.get(client)) client.on('error', ignore);
  users.set(client, (users.get(client) ?? 0) + 1);
  return {
    client,
    release() {
      if (isReleased) return;
      isReleased = true;
      users.set(client, (users.get(client) ?? 0) - 1);
      if (!users.get(client)) client.off('error', ignore);
    },
  };
}

// Every call says itself why it failed. Without a listener the client writes its errors to the console.
function ignore(): void {}

// By what it can do, not by class: the caller's ioredis may be another copy of the package than ours.
function isClient(connection: RedisConnection): connection is Redis {
  return (
    typeof connection === 'object' &&
    'defineCommand' in connection &&
    typeof connection.defineCommand === 'function'
  );
}

/** Opens a client for a BullMQ worker, which waits for Redis for as long as it is away. */
export function openWorkerRedis(url: string): Redis {
  return open(url, { maxRetriesPerRequest: null });
}

/**
 * Opens a client for subscriptions alone. It never stops reconnecting. Its commands fail at once while Redis is
 * away, and its owner renews the subscriptions.
 */
export function openSubscriberRedis(url: string): Redis {
  return open(url, {
    connectionName: 'baton-live',
    enableOfflineQueue: false,
    autoResubscribe: false,
    maxRetriesPerRequest: null,
  });
}
