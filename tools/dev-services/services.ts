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

/** Redis and MongoDB, answering. */
export type Services = {
  readonly redis: Service<RedisKind>;
  readonly mongodb: Service<MongodbKind>;
  /** Starts further processes that must not outlive this one. */
  readonly guardian: Guardian;
  /** Resolves with the reason when a server that was started here, or the guardian, has ended by itself. */
  readonly failed: Promise<string>;
  /** Stops what was started here and resolves when it is gone; safe to call twice. */
  readonly stop: () => Promise<void>;
};

/** What `startServices` needs: the environment it reads, and where its progress goes. */
export type ServicesOptions = {
  readonly env: Environment;
  readonly log: (line: string) => void;
  /** The data is kept here and found again by the next start; absent: a temporary folder, removed at the end. */
  readonly dataDir?: string | undefined;
  /** Takes these kinds and no other; default: BATON_REDIS and BATON_MONGODB, then the first that is there. */
  readonly choose?: { readonly redis?: RedisKind; readonly mongodb?: MongodbKind };
  /** Gives up a start that is under way. Once both answer, it is `stop` that ends them. */
  readonly signal?: AbortSignal;
};

/** Finds and starts Redis and a MongoDB server and resolves when both answer; or stops what it began and throws why. */
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
    closers.unshift(data.release); // last of all: until the guardian is gone something may use the folder
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

// Waits for both even when one failed: nothing may still be starting when the folders go.
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
