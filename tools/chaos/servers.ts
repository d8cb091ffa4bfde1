import type { Environment } from '../dev-services/environment.ts';
import type { Outages } from '../dev-services/outages.ts';
import { type Services, startServices } from '../dev-services/services.ts';

/**
 * The servers of a run. The run always starts its own servers, because it kills and flushes them.
 */
export interface Servers {
  services: Services;
  redis: { url: string; outages: Outages };
  mongodb: { url: string; outages: Outages };
}

/** Starts the servers. It ignores REDIS_URL and MONGODB_URL, because those servers may hold other data. */
export async function startServers(
  env: Environment,
  log: (line: string) => void,
): Promise<Servers> {
  const own = { ...env, REDIS_URL: undefined, MONGODB_URL: undefined };
  const services = await startServices({ env: own, log });
  const { redis, mongodb } = services;
  if (!redis.outages || !mongodb.outages)
    throw new Error('expected a Redis and a MongoDB that this run started, but got running ones');
  if (mongodb.kind === 'secantusd-py') {
    log(
      'only the slow MongoDB server is here: the checks are the same, but fewer sessions run at a time; ' +
        'install mongod or run `npm run services:fast` first',
    );
  }
  return {
    services,
    redis: { url: redis.url, outages: redis.outages },
    mongodb: { url: `${mongodb.url.replace(/\/$/, '')}/chaos`, outages: mongodb.outages },
  };
}
