import { bringUp } from '../../scripts/dev-services/bring-up.ts';
import { takeData } from '../../scripts/dev-services/data.ts';
import { cacheDir } from '../../scripts/dev-services/environment.ts';
import {
  forcedRedis,
  redisAdvice,
  redisCandidates,
} from '../../scripts/dev-services/find-redis.ts';
import { createGuardian } from '../../scripts/dev-services/guardian.ts';
import { startRedis } from '../../scripts/dev-services/redis.ts';
import { startEnvironment } from './launcher.ts';

/** Starts a Redis of a test's own, whose role and limits it may change. */
export async function startOwnRedis(): Promise<{ url: string; stop(): Promise<void> }> {
  const { BATON_REDIS = '' } = process.env;
  const env = startEnvironment({ BATON_REDIS });
  const guardian = createGuardian(env);
  const host = { env, cache: cacheDir(env), guardian, log: () => {} };
  const data = await takeData(undefined, host);
  const redis = await bringUp(host, data, {
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
