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
import type { WorkerEnvironment } from './environment.ts';

const DAY_MS = 24 * 3600 * 1000;

/** What a worker process is connected to. */
export interface WorkerConnections {
  baton: OpenBaton;
  /** The connection that jobs are taken on. */
  connection: ReturnType<typeof openWorkerRedis>;
  /** Logs when Redis cannot be used, and when it can again. */
  watch: RedisWatch;
}

/** Opens the connections; neither Redis nor MongoDB need be up yet. */
export function openConnections({ settings, keys, log }: WorkerEnvironment): WorkerConnections {
  const baton = openBaton({
    redis: settings.REDIS_URL,
    mongodb: settings.MONGODB_URL,
    prefix: settings.QUEUE_PREFIX,
    publicKeys: keys.sealing,
    log,
    webhookLogMs: settings.WEBHOOK_LOG_DAYS * DAY_MS,
  });
  const connection = openWorkerRedis(settings.REDIS_URL);
  const watch = createRedisWatch(() => baton.queue.ping(), log);
  connection.on('error', (error) => watch.note(error, 'a connection to Redis'));
  return { baton, connection, watch };
}

/** Passes requests to stop on to the worker, on a connection of their own; returns what closes that. */
export function listenForControl(
  settings: WorkerSettings,
  worker: Pick<SessionWorker, 'onControlMessage'>,
  log: Logger,
): () => void {
  const control = openWorkerRedis(settings.REDIS_URL);
  control.on('error', ignore); // the watch logs the state of Redis
  subscribeControl(
    control,
    ({ kind, id }) => worker.onControlMessage(kind, id),
    settings.QUEUE_PREFIX,
  ).catch((error: unknown) =>
    log.warn({ err: error }, 'requests to stop are heard by heartbeats alone'),
  );
  return () => control.disconnect();
}

function ignore(): void {}
