// Jobs that no BullMQ client would write. A bug, another program or a person
// at redis-cli can create such jobs.
import type { Redis } from 'ioredis';

/** Corrupts one part of the stored job at this key. */
export type Poison = (redis: Redis, key: string) => Promise<unknown>;

const field =
  (name: string, text: string): Poison =>
  (redis, key) =>
    redis.hset(key, name, text);

/** Corruptions with which BullMQ cannot read the job or stops half-way. Each makes the job fail. */
export const POISONS: Record<string, Poison> = {
  'data with NaN': field('data', '{"a":NaN}'),
  'data cut short': field('data', '{"version":1,"kind":"launch","config":{"query":"sec'),
  'data that is a text': field('data', 'hello'),
  'data that is null': field('data', 'null'),
  'data that is a list': field('data', '[1,2]'),
  'data that is a number': field('data', '7'),
  'data that is empty': field('data', ''),
  'deeply nested data': field('data', '['.repeat(200_000) + ']'.repeat(200_000)),
  'data of 17 MiB': field('data', JSON.stringify({ text: 'x'.repeat(17 * 1024 * 1024) })),
  'options that are not JSON': field('opts', '{"attempts":'),
  'options that are null': field('opts', 'null'),
  'options that are a list': field('opts', '[]'),
  'a parent that is not JSON': field('parent', 'nobody'),
  'a parent that is an empty object': field('parent', '{}'),
  'an invalid parent key': field('parentKey', 'x'),
  'a key that is a string instead of a hash': async (redis, key) => {
    await redis.del(key);
    await redis.set(key, 'a text');
  },
};

/** Corruptions of fields that no session needs, but that BullMQ expects to be valid. */
export const BLEMISHES: Record<string, Poison> = {
  'no name': (redis, key) => redis.hdel(key, 'name'),
  'no timestamp': (redis, key) => redis.hdel(key, 'timestamp'),
  'an invalid timestamp': field('timestamp', 'yesterday'),
  'progress that is not JSON': field('progress', 'half'),
  'an invalid count of starts': field('ats', 'many'),
  'an invalid count of attempts': field('atm', 'many'),
  'the id of another job': field('id', 'somebody-else'),
  'attempts that are not a number': field('opts', '{"attempts":"x","removeOnFail":{"count":"y"}}'),
};

/** The delay of a delayed job in milliseconds, long enough that the reconciler sees the job first. */
const DELAY_MS = 6_000;

/** The states in which a job stays until something reads it. */
export const STATES = ['wait', 'prioritized', 'delayed', 'active'] as const;

/**
 * Writes a job with `data` into a queue by plain Redis commands, in this state, and corrupts it
 * with `poison`.
 */
export async function plant(
  redis: Redis,
  queueKey: string,
  {
    id,
    state,
    data,
    poison,
  }: { id: string; state: string; data: unknown; poison?: Poison | undefined },
): Promise<void> {
  const key = `${queueKey}:${id}`;
  const now = Date.now();
  const hash = { name: 'launch', data: JSON.stringify(data), opts: '{"attempts":1}' };
  await redis.hset(key, { ...hash, timestamp: now, delay: 0, priority: 0 });
  await poison?.(redis, key);
  if (state === 'wait' || state === 'active') await redis.lpush(`${queueKey}:${state}`, id);
  else if (state === 'delayed')
    await redis.zadd(`${queueKey}:delayed`, (now + DELAY_MS) * 0x1000, id);
  else await redis.zadd(`${queueKey}:${state}`, now, id);
  await redis.zadd(`${queueKey}:marker`, 0, '0');
}
