import {
  createRedisWatch,
  type Logger,
  type OpenBaton,
  openBaton,
  openWorkerRedis,
  type RedisWatch,
  subscribeControl,
} from '@baton/core/internal';
import type { SessionWorker } from '../sessions/session-worker.ts';
import type { WorkerSettings } from '../settings.ts';
import { createPresence, type Presence } from '../workspace/presence.ts';
import type { WorkerEnvironment } from './environment.ts';

const DAY_MS = 24 * 3600 * 1000;

/** The connections of a worker process. */
export interface WorkerConnections {
  baton: OpenBaton;
  /** The Redis connection on which the queue workers take jobs. */
  connection: ReturnType<typeof openWorkerRedis>;
  /** Notes this worker in MongoDB, and knows the other live workers. */
  presence: Presence;
  /** Logs when Redis becomes unusable and when it is usable again. */
  watch: RedisWatch;
}

/** Opens the connections. Redis and MongoDB need not be up yet. */
export function openConnections({
  settings,
  identity,
  keys,
  workRoot,
  log,
}: WorkerEnvironment): WorkerConnections {
  const baton = openBaton({
    redis: settings.REDIS_URL,
    mongodb: settings.MONGODB_URL,
    prefix: settings.QUEUE_PREFIX,
    publicKeys: keys.sealing,
    log,
    webhookLogMs: settings.WEBHOOK_LOG_DAYS * DAY_MS,
    fileUnusedMs: settings.FILE_UNUSED_HOURS * 3_600_000,
  });
  const connection = openWorkerRedis(settings.REDIS_URL);
  const watch = createRedisWatch(() => baton.queue.ping(), log);
  connection.on('error', (error) => watch.note(error, 'a connection to Redis'));
  const presence = createPresence({
    workers: baton.stores.workers,
    workerId: identity.workerId,
    host: identity.host,
    workRoot,
    liveMs: settings.LEASE_MS,
    log,
  });
  return { baton, connection, presence, watch };
}

/**
 * Passes stop requests and hints about messages from Redis to the worker, on a separate connection.
 * Returns the function that closes this connection.
 */
export function listenForControl(
  settings: WorkerSettings,
  worker: Pick<SessionWorker, 'onControlMessage'>,
  log: Logger,
): () => void {
  const control = openWorkerRedis(settings.REDIS_URL);
  control.on('error', ignore); // the Redis watch logs each outage
  subscribeControl(
    control,
    ({ kind, id }) => worker.onControlMessage(kind, id),
    settings.QUEUE_PREFIX,
  ).catch((error: unknown) =>
    log.warn(
      { err: error },
      'could not subscribe to the control channel; sessions learn of stop requests and messages with the next heartbeat',
    ),
  );
  return () => control.disconnect();
}

function ignore(): void {}
