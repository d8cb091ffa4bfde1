import { openDataFolder } from '../../tools/dev-services/data-folder.ts';
import { cacheDir } from '../../tools/dev-services/environment.ts';
import { forcedRedis, redisAdvice, redisCandidates } from '../../tools/dev-services/find-redis.ts';
import { createGuardian } from '../../tools/dev-services/guardian.ts';
import { openService } from '../../tools/dev-services/open-service.ts';
import { startRedis } from '../../tools/dev-services/redis.ts';
import { startEnvironment } from './launcher.ts';

/** Starts a separate Redis, so that a test can change its role and limits. */
export async function startOwnRedis(): Promise<{ url: string; stop(): Promise<void> }> {
  const { BATON_REDIS = '' } = process.env;
  const env = startEnvironment({ BATON_REDIS });
  const guardian = createGuardian(env);
  const host = { env, cache: cacheDir(env), guardian, log: () => {} };
  const data = await openDataFolder(undefined, host);
  const redis = await openService(host, data, {
    name: 'redis',
    title: 'Redis',
    candidates: redisCandidates,
    only: forcedRedis(env),
    advice: redisAdvice,
    start: startRedis,
  });
  return {
    url: redis.service.url,
    async stop() {
      await redis.stop();
      await guardian.close();
      await data.release();
    },
  };
}
