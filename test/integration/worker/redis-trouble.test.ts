// A Redis that answers but refuses writes: after a failover, without memory, or without replicas.
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { type Api, openApi } from '../../support/api.ts';
import { type Fleet, test } from '../../support/fleet.ts';
import { createGate } from '../../support/gate.ts';
import { startOwnRedis } from '../../support/own-redis.ts';
import { untilPasses, waitFor } from '../../support/wait.ts';

vi.setConfig({ testTimeout: 120_000 });

async function startRedis() {
  const server = await startOwnRedis();
  const client = new Redis(server.url);
  onTestFinished(async () => {
    client.disconnect();
    await server.stop();
  });
  return { url: server.url, port: Number(new URL(server.url).port), client };
}

/** An API and a worker that reach their Redis at this address. */
async function openBoth(parent: Fleet, redis: string) {
  const fleet = parent.sibling(onTestFinished);
  const { MONGODB_URL: mongodb = '', QUEUE_PREFIX: prefix = '' } = fleet.env;
  const api = await openApi({ redis, mongodb, prefix });
  onTestFinished(() => api.close());
  const worker = await fleet.worker({ REDIS_URL: redis });
  return { fleet, api, worker };
}

const launch = (api: Api) =>
  api.app.inject({ method: 'POST', url: '/v1/sessions', payload: { query: 'hi' } });

async function run({ fleet, api }: { fleet: Fleet; api: Api }): Promise<void> {
  const answer = await untilPasses(async () => {
    const made = await launch(api);
    expect(made.statusCode, made.body).toBe(202);
    return made;
  });
  expect((await fleet.ended(answer.json().id)).status).toBe('completed');
}

async function readiness(api: Api, health: string) {
  const ofApi = await api.app.inject({ url: '/readyz' });
  const ofWorker = await fetch(`${health}/readyz`);
  return [
    { status: ofApi.statusCode, body: ofApi.body },
    { status: ofWorker.status, body: await ofWorker.text() },
  ];
}

const count = (text: string, part: string) =>
  text.split('\n').filter((line) => line.includes(part)).length;

test('an API and a worker move to the new primary by themselves after a failover at the same address', async ({
  fleet: parent,
}) => {
  const [old, next] = [await startRedis(), await startRedis()];
  await next.client.replicaof('127.0.0.1', old.port);
  await waitFor('the replica to be there', async () =>
    /master_link_status:up/.test(await next.client.info('replication')),
  );
  const gate = await createGate(old.url);
  onTestFinished(() => gate.close());
  const both = await openBoth(parent, gate.url);
  await run(both);

  await next.client.replicaof('NO', 'ONE');
  await old.client.replicaof('127.0.0.1', next.port);
  gate.leadTo(next.url);

  await run(both);
  await untilPasses(async () => {
    const states = await readiness(both.api, both.worker.health);
    expect(states.map(({ status }) => status)).toEqual([200, 200]);
  });
  expect(count(both.worker.err(), '"level":40')).toBeLessThan(10);
});

describe('a Redis that refuses writes', () => {
  test.for([
    {
      because: 'it follows another server',
      says: 'Redis is read-only: it follows another server',
      begin: (redis: Redis) => redis.replicaof('127.0.0.1', 1),
      end: (redis: Redis) => redis.replicaof('NO', 'ONE'),
    },
    {
      because: 'its memory is full',
      says: 'Redis is out of memory',
      begin: (redis: Redis) => redis.config('SET', 'maxmemory', '1'),
      end: (redis: Redis) => redis.config('SET', 'maxmemory', '0'),
    },
    {
      because: 'it has too few replicas',
      says: 'Redis has too few replicas to take writes',
      begin: (redis: Redis) => redis.config('SET', 'min-replicas-to-write', '1'),
      end: (redis: Redis) => redis.config('SET', 'min-replicas-to-write', '0'),
    },
  ])(
    'because $because is reported by readiness, by calls and by one log line',
    async ({ says, begin, end }, { fleet: parent }) => {
      const redis = await startRedis();
      const both = await openBoth(parent, redis.url);
      const { api, worker } = both;
      await run(both);

      await begin(redis.client);

      await untilPasses(async () => {
        for (const { status, body } of await readiness(api, worker.health)) {
          expect(status).toBe(503);
          expect(body).toContain(says);
        }
      });
      const refused = await launch(api);
      expect(refused.statusCode).toBe(503);
      expect(refused.json().error).toMatchObject({ code: 'UNAVAILABLE' });
      expect(refused.json().error.message).toContain(says);
      await waitFor('the worker to log it', () => worker.err().includes(says));

      await end(redis.client);

      await waitFor('the worker to log the end', () =>
        worker.err().includes('Redis takes writes again'),
      );
      await run(both);
      const states = await readiness(api, worker.health);
      expect(states.map(({ status }) => status)).toEqual([200, 200]);
      expect(count(worker.err(), `"msg":"${says}`)).toBe(1);
      expect(count(worker.err(), '"msg":"Redis takes writes again')).toBe(1);
    },
  );
});
