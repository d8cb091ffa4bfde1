import { type RedisOptions as AllRedisOptions, Redis } from 'ioredis';
import { AppError } from '../model/errors/app-error.ts';
import { isElsewhere } from './redis-trouble.ts';

// BullMQ needs replies in ioredis's default form, so the option that changes the form is left out.
type RedisOptions = Omit<AllRedisOptions, 'replyMapping'>;

/** The connection that a caller may pass: a URL, ioredis options, or the caller's own client. */
export type RedisConnection = string | RedisOptions | Redis;

/** A client that may be used until `release`. */
export interface OpenedRedis {
  client: Redis;
  /**
   * Disconnects the client if it was opened here. The caller's own client stays open. Safe to call
   * twice.
   */
  release(): void;
}

/** Within this time, in milliseconds, error answers from Redis cause at most one reconnection. */
const RECONNECT_EVERY_MS = 1_000;

// BullMQ's blocking connections, and copies of a client, inherit the client's options, including
// `reconnectOnError`.
function open(connection: string | RedisOptions, options: RedisOptions): Redis {
  if (typeof connection === 'string') {
    return new Redis(connection, { ...options, reconnectOnError: createReconnectRule() });
  }
  const reconnectOnError = createReconnectRule(connection.reconnectOnError);
  return new Redis({ ...connection, ...options, reconnectOnError });
}

// After a failover behind one address, an open connection still leads to the old server. A new
// connection reaches the new server.
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
 * Opens a client that fails fast while Redis is down, so that a producer answers instead of
 * hanging. Throws INVALID_CONFIG if the connection has a `keyPrefix`, because BullMQ does not
 * support it.
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
    'keyPrefix: expected a Redis connection without a keyPrefix; give the option prefix instead',
    { details: { field: 'keyPrefix' } },
  );
}

/**
 * How many queues use each client that a caller passed in. They share one listener, because Node
 * warns about many listeners.
 */
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

// This listener does nothing, because each call reports its own error. Without a listener, the
// client would write its errors to the console.
function ignore(): void {}

// A client is recognized by a method and not by its class, because the caller's ioredis may be
// another copy of the package.
function isClient(connection: RedisConnection): connection is Redis {
  return (
    typeof connection === 'object' &&
    'defineCommand' in connection &&
    typeof connection.defineCommand === 'function'
  );
}

/**
 * Opens a client for a BullMQ worker. While Redis is down, the client waits for it without a limit.
 */
export function openWorkerRedis(url: string): Redis {
  return open(url, { maxRetriesPerRequest: null });
}

/**
 * Opens a client that is used only for subscriptions. It never stops reconnecting. While Redis is
 * down, its commands fail at once. After each reconnection its owner renews the subscriptions.
 */
export function openSubscriberRedis(url: string): Redis {
  return open(url, {
    connectionName: 'baton-live',
    enableOfflineQueue: false,
    autoResubscribe: false,
    maxRetriesPerRequest: null,
  });
}
