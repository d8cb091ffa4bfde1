// Jobs that BullMQ cannot read, in every state of a queue: each fails alone, and other jobs run.
import { newId } from '@baton/core/internal';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { databaseUrl, openApi } from '../../../support/api.ts';
import { test as base, type Fleet } from '../../../support/fleet.ts';
import { BLEMISHES, POISONS, plant, STATES } from '../../../support/poison.ts';
import { redisUrl, uniqueName } from '../../../support/services.ts';
import { untilPasses, waitFor } from '../../../support/wait.ts';

const test = base.extend<{ $file: { redis: Redis } }>({
  redis: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
    async ({}, use) => {
      const redis = new Redis(redisUrl());
      await use(redis);
      redis.disconnect();
    },
    { scope: 'file' },
  ],
});

const queueKey = (fleet: Fleet, name = 'sessions') => `${fleet.env['QUEUE_PREFIX']}:${name}`;

const launchOf = (id: string) => ({
  version: 1,
  kind: 'launch',
  id,
  config: { query: 'hello' },
});

const linesWith = (text: string, ...parts: string[]) =>
  text.split('\n').filter((line) => parts.every((part) => line.includes(part)));

describe('a poisoned job', () => {
  test.for(STATES)(
    'in %s fails alone, and the worker keeps running other jobs',
    {
      timeout: 120_000,
    },
    async (state, { fleet, redis }) => {
      const one = fleet.sibling(onTestFinished);
      const key = queueKey(one);
      const planted = new Map<string, string>();
      for (const [name, poison] of Object.entries(POISONS)) {
        const id = newId();
        planted.set(id, name);
        await plant(redis, key, { id, state, data: launchOf(id), poison });
      }
      const good = await one.launch({ query: 'the good one' });
      const worker = await one.worker();

      expect((await one.ended(good)).status).toBe('completed');
      await vi.waitFor(
        async () => {
          const failed = new Set(await redis.zrange(`${key}:failed`, '0', '-1'));
          expect([...planted].filter(([id]) => !failed.has(id))).toEqual([]);
        },
        { timeout: 40_000, interval: 100 },
      );
      const { sessions } = one.baton.stores;
      for (const [id, name] of planted) {
        const reason = await redis.hget(`${key}:${id}`, 'failedReason');
        expect(reason, name).toMatch(/^(INVALID_REQUEST|PAYLOAD_TOO_LARGE): /);
        expect(await redis.hstrlen(`${key}:${id}`, 'data'), name).toBeLessThan(500);
        expect(await sessions.get(id), name).toMatchObject({ status: 'failed' });
        expect(reason, name).not.toContain('sec');
      }
      // The queue learns of an ended session a moment after the document.
      await untilPasses(async () => expect(await redis.llen(`${key}:active`)).toBe(0));
      expect(linesWith(worker.err(), 'it is tried again in')).toEqual([]);
    },
  );

  test('whose id is not a session id fails once, with one log line', async ({ fleet, redis }) => {
    const odd = ['x1', 'a/b?c#d', 'two words', 'émile', '{"a":1}', '__proto__', 'x'.repeat(5_000)];
    const one = fleet.sibling(onTestFinished);
    const key = queueKey(one);
    const worker = await one.worker();
    for (const id of odd) {
      const poison = POISONS['data with NaN'];
      await plant(redis, key, { id, state: 'wait', data: {}, poison });
    }
    for (const id of odd) {
      const isFailed = async () => (await redis.zscore(`${key}:failed`, id)) !== null;
      await waitFor(`job ${id} to fail`, isFailed);
    }
    const good = await one.launch({ query: 'after them' });
    expect((await one.ended(good)).status).toBe('completed');
    for (const id of odd) {
      expect(linesWith(worker.err(), `"job_id":${JSON.stringify(id)}`), id).toHaveLength(1);
    }
  });

  test('runs if its flaw is in a field that sessions do not use', { timeout: 60_000 }, async ({
    fleet,
    redis,
  }) => {
    await fleet.worker();
    const ids: [string, string][] = [];
    for (const [name, poison] of Object.entries(BLEMISHES)) {
      for (const state of STATES) {
        const id = newId();
        ids.push([id, `${name}, ${state}`]);
        await plant(redis, queueKey(fleet), { id, state, data: launchOf(id), poison });
      }
    }
    const { sessions } = fleet.baton.stores;
    for (const [id, name] of ids) {
      await waitFor(`${name} to be stored`, async () => (await sessions.get(id)) !== null, 40_000);
      expect((await fleet.ended(id)).status, name).toBe('completed');
    }
  });
});

describe('the API', () => {
  test.for([...STATES, 'completed', 'failed'])(
    'returns a session for a poisoned job in %s, and lists the job on the dashboard',
    {
      timeout: 60_000,
    },
    async (state, { redis, mongo }) => {
      const name = uniqueName('poisoned');
      const api = await openApi({ redis: redisUrl(), mongodb: databaseUrl(name), prefix: name });
      onTestFinished(async () => {
        await api.close();
        await redis.del(...(await redis.keys(`${name}:*`)));
        await mongo.db(name).dropDatabase();
      });
      const all = Object.entries({ ...POISONS, ...BLEMISHES });
      for (const [what, poison] of all) {
        const id = newId();
        await plant(redis, `${name}:sessions`, { id, state, data: launchOf(id), poison });
        const shown = await api.app.inject({ url: `/queues/api/queues/sessions/${id}` });
        expect(shown.statusCode, `${what}: ${shown.body}`).toBe(200);
        const answer = await api.app.inject({ url: `/v1/sessions/${id}` });
        expect(answer.statusCode, `${what}: ${answer.body}`).toBe(200);
        expect(answer.json().status, what).toBe(what in POISONS ? 'failed' : 'queued');
      }
      const status = state === 'wait' ? 'waiting' : state;
      const list = `activeQueue=sessions&status=${status}&page=1&jobsPerPage=100`;
      const answer = await api.app.inject({ url: `/queues/api/queues?${list}` });
      expect(answer.statusCode, String(api.logged.at(-1))).toBe(200);
      expect(answer.json().queues[0].jobs).toHaveLength(all.length);
    },
  );
});
