import { Redis } from 'ioredis';
import type { Choice } from './candidates.ts';
import { reasonOf, ServicesError } from './errors.ts';
import type { RedisKind } from './find-redis.ts';
import type { Host } from './host.ts';
import type { StartedServer } from './open-service.ts';
import { freePort } from './port.ts';
import { type ServerPlan, startServer } from './server.ts';
import { withoutPassword } from './url.ts';

/** The answer of a Redis server: its URL and version. */
export type RedisAnswer = { readonly url: string; readonly version: string };

const attempts = 3;

/** Starts the found Redis with its data folder, or checks that the given Redis answers. */
export async function startRedis(
  choice: Choice<RedisKind>,
  host: Host,
  dataDir: () => Promise<string>,
): Promise<StartedServer<RedisAnswer>> {
  const { found } = choice;
  if ('url' in found) return { answer: await probeGiven(found.url) };
  const cwd = await dataDir();
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const plan: ServerPlan<RedisAnswer> = {
      name: choice.kind,
      program: found.program,
      args: [...(found.firstArgs ?? []), ...redisArgs(port, cwd)],
      env: { PATH: host.env['PATH'], LANG: 'C.UTF-8' },
      cwd,
      probe: (pid) => probe(`redis://127.0.0.1:${port}`, pid),
    };
    try {
      const server = await startServer(host.guardian, plan);
      return { answer: server.answer, server, restart: () => startServer(host.guardian, plan) };
    } catch (error) {
      // another process took the port first
      if (attempt === attempts || !/in use|bind/i.test(reasonOf(error))) throw error;
    }
  }
}

/** Returns the arguments with which a queue survives a restart: an append-only file, and no eviction of keys. */
export function redisArgs(port: number, dir: string): string[] {
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    dir,
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
    save: '',
    daemonize: 'no',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

async function probeGiven(url: string): Promise<RedisAnswer> {
  try {
    return await probe(url);
  } catch (error) {
    throw new ServicesError(
      `REDIS_URL is ${withoutPassword(url)}, but no Redis answers there (${reasonOf(error)}): start it, or unset REDIS_URL`,
      { cause: error },
    );
  }
}

async function probe(url: string, pid?: number): Promise<RedisAnswer> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 3000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => {}); // connect() rejects with the same error
  try {
    await redis.connect();
    await redis.ping();
    const info = await redis.info('server');
    const field = (name: string) => info.match(new RegExp(`^${name}:(.*?)\\r?$`, 'm'))?.[1];
    if (pid !== undefined && field('process_id') !== String(pid)) {
      throw new ServicesError('the port is in use by another Redis');
    }
    const valkey = field('valkey_version');
    return { url, version: valkey ? `Valkey ${valkey}` : `Redis ${field('redis_version')}` };
  } finally {
    redis.disconnect();
  }
}
