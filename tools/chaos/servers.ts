import type { Environment } from '../dev-services/environment.ts';
import type { Outages } from '../dev-services/outages.ts';
import { type Services, startServices } from '../dev-services/services.ts';

/** The servers of a run: started by it alone, for they are killed and flushed. */
export interface Servers {
  services: Services;
  redis: { url: string; outages: Outages };
  mongodb: { url: string; outages: Outages };
}

/** Starts them; servers that are given by REDIS_URL or MONGODB_URL are somebody's and left alone. */
export async function startServers(
  env: Environment,
  log: (line: string) => void,
): Promise<Servers> {
  const own = { ...env, REDIS_URL: undefined, MONGODB_URL: undefined };
  const services = await startServices({ env: own, log });
  const { redis, mongodb } = services;
  if (!redis.outages || !mongodb.outages)
    throw new Error('expected servers that were started here');
  if (mongodb.kind === 'secantusd-py') {
    log(
      'only the slow MongoDB server is here: what holds is as true, but fewer sessions run at a time; ' +
        'install mongod or run `npm run services:fast` first',
    );
  }
  return {
    services,
    redis: { url: redis.url, outages: redis.outages },
    mongodb: { url: `${mongodb.url.replace(/\/$/, '')}/chaos`, outages: mongodb.outages },
  };
}
