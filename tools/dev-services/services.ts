import { openDataFolder } from './data-folder.ts';
import { cacheDir, type Environment } from './environment.ts';
import {
  forcedMongodb,
  type MongodbKind,
  mongodbAdvice,
  mongodbCandidates,
} from './find-mongodb.ts';
import { forcedRedis, type RedisKind, redisAdvice, redisCandidates } from './find-redis.ts';
import { createGuardian, type Guardian } from './guardian.ts';
import { startMongodb } from './mongodb.ts';
import { openService, type Service } from './open-service.ts';
import { startRedis } from './redis.ts';

/** A Redis and a MongoDB server that answer. */
export type Services = {
  readonly redis: Service<RedisKind>;
  readonly mongodb: Service<MongodbKind>;
  /** Starts other processes that must not outlive this process. */
  readonly guardian: Guardian;
  /** Resolves with the reason if the guardian, or a server that was started here, ends by itself. */
  readonly failed: Promise<string>;
  /** Stops everything that was started here and resolves when it has ended. It may be called twice. */
  readonly stop: () => Promise<void>;
};

/** The options of `startServices`. */
export type ServicesOptions = {
  readonly env: Environment;
  readonly log: (line: string) => void;
  /** The folder that keeps the data for the next start. Default: a temporary folder, which is removed at the end. */
  readonly dataDir?: string | undefined;
  /**
   * Uses only these kinds. Default: the kinds in BATON_REDIS and BATON_MONGODB, or else the first
   * kind that is found.
   */
  readonly choose?: { readonly redis?: RedisKind; readonly mongodb?: MongodbKind };
  /** Aborts a start that is under way. Once both servers answer, only `stop` ends them. */
  readonly signal?: AbortSignal;
};

/**
 * Finds or starts a Redis and a MongoDB server, and resolves when both answer. If one server fails,
 * stops everything that was started, and throws the reason.
 */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const { env, log, dataDir, choose = {}, signal } = options;
  const onlyRedis = choose.redis ?? forcedRedis(env);
  const onlyMongodb = choose.mongodb ?? forcedMongodb(env);

  const guardian = createGuardian(env);
  const closers: (() => Promise<void>)[] = [guardian.close];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= closeAll(closers);
    return stopping;
  };

  try {
    const host = { env, cache: cacheDir(env), guardian, log };
    const data = await openDataFolder(dataDir, host);
    closers.unshift(data.release); // this closer runs last: processes may use the folder until the guardian has ended
    const pair = bothOrNeither(
      openService(host, data, {
        name: 'redis',
        title: 'Redis',
        candidates: redisCandidates,
        only: onlyRedis,
        advice: redisAdvice,
        start: startRedis,
      }),
      openService(host, data, {
        name: 'mongodb',
        title: 'MongoDB',
        candidates: mongodbCandidates,
        only: onlyMongodb,
        advice: mongodbAdvice,
        start: startMongodb,
      }),
    );
    const [redis, mongodb] = await unlessAborted(pair, signal);
    closers.push(() => Promise.all([redis.stop(), mongodb.stop()]).then(() => {}));
    const failed = Promise.race([redis.failed, mongodb.failed, guardian.failed]);
    return { redis: redis.service, mongodb: mongodb.service, guardian, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// Waits for both servers even if one failed, because no server may still be starting when the
// folders are removed.
async function bothOrNeither<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const gaveUp = Promise.withResolvers<never>();
  const giveUp = () => gaveUp.reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([work, gaveUp.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  for (const close of closers.toReversed()) await close();
}
