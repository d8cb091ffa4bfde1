import { createProducer, newId, QUEUE_PREFIX, SESSION_QUEUE } from '@baton/core/internal';
import { Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import { createGate, type Gate } from '../../../support/gate.ts';
import { redisUrl } from '../../../support/services.ts';

import { test as base } from '../stores.ts';

const test = base
  .extend('producer', async ({ queuePrefix }, { onCleanup }) => {
    const producer = createProducer({ connection: redisUrl(), prefix: queuePrefix });
    onCleanup(() => producer.close());
    return producer;
  })
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  .extend('gate', async ({}, { onCleanup }) => {
    const gate = await createGate(redisUrl());
    onCleanup(() => gate.close());
    return gate;
  });

const AWAY = { code: 'UNAVAILABLE' };
/** The error of a call that the producer's own deadline ended. */
const LATE = { ...AWAY, cause: { message: 'no answer within 5000 ms' } };
const PATIENCE = { timeout: 20_000 };

describe('a producer', () => {
  test("adds a job with the session's id for a launch", async ({ producer, queue }) => {
    const config = { query: 'hello', env: { A: '1' } };
    const enqueued = await producer.launchSession(config, { title: 'T', priority: 3 });
    expect(enqueued).toEqual({
      id: expect.any(String),
      run_id: expect.any(String),
      status: 'queued',
    });
    const job = await queue.bull.getJob(enqueued.id);
    expect(job).toMatchObject({
      id: enqueued.id,
      name: 'launch',
      opts: { attempts: 1, priority: 3 },
    });
    expect(job?.data).toEqual({
      version: 1,
      kind: 'launch',
      id: enqueued.id,
      run_id: enqueued.run_id,
      created_at: expect.any(String),
      title: 'T',
      priority: 3,
      config,
    });
    expect(await job?.getState()).toBe('prioritized');
  });

  test('adds a job with the parent and the overrides for a continue', async ({
    producer,
    queue,
  }) => {
    const parent_session_id = newId();
    const enqueued = await producer.continueSession({
      parent_session_id,
      query: 'go on',
      model: null,
    });
    const job = await queue.bull.getJob(enqueued.id);
    expect(job).toMatchObject({ name: 'continue' });
    expect(job?.data).toMatchObject({
      kind: 'continue',
      parent_session_id,
      overrides: { query: 'go on', model: null },
    });
  });

  test('delays the job until a future start time', async ({ producer, queue }) => {
    const not_before = new Date(Date.now() + 60_000).toISOString();
    const { id } = await producer.launchSession({ query: 'later' }, { not_before });
    const job = await queue.bull.getJob(id);
    expect(await job?.getState()).toBe('delayed');
    expect(job?.delay).toBeGreaterThan(50_000);
  });

  test('keeps the first job if an id is used twice', async ({ producer, queue }) => {
    const id = newId();
    const before = await queue.bull.getJobCountByTypes('waiting');
    await producer.launchSession({ query: 'first' }, { id });
    await producer.launchSession({ query: 'second' }, { id });
    expect(await queue.bull.getJobCountByTypes('waiting')).toBe(before + 1);
    expect(await queue.find(id)).toMatchObject({ data: { config: { query: 'first' } } });
  });

  test('returns the same session for the same idempotency key', async ({ producer, queue }) => {
    const options = { idempotency_key: newId(), tenant: 'team-a' };
    const before = await queue.bull.getJobCountByTypes('waiting');
    const first = await producer.launchSession({ query: 'q' }, options);
    expect(await producer.launchSession({ query: 'q' }, options)).toEqual(first);
    expect(await queue.bull.getJobCountByTypes('waiting')).toBe(before + 1);
  });

  test('refuses a job over 1 MiB before it reaches Redis', async ({ producer, queue }) => {
    const id = newId();
    await expect(
      producer.launchSession({ query: 'x'.repeat(1024 * 1024) }, { id }),
    ).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE', details: { limit: 1024 * 1024 } });
    expect(await queue.find(id)).toBeNull();
  });

  test('refuses an invalid config and names the field', async ({ producer }) => {
    await expect(producer.launchSession({ query: '' })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'config.query' },
    });
  });

  test("can use the caller's Redis client and leaves it open", async ({ queuePrefix, queue }) => {
    const client = new Redis(redisUrl());
    const producer = createProducer({ connection: client, prefix: queuePrefix });
    const { id } = await producer.launchSession({ query: 'hello' });
    expect(await queue.find(id)).not.toBeNull();
    await producer.close();
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
  });

  test('accepts ioredis options as the connection', async ({ queuePrefix, queue }) => {
    const { hostname, port } = new URL(redisUrl());
    const connection = { host: hostname, port: Number(port) };
    const producer = createProducer({ connection, prefix: queuePrefix });
    const { id } = await producer.launchSession({ query: 'hello' });
    expect(await queue.find(id)).not.toBeNull();
    await producer.close();
  });

  test('uses the documented default prefix and queue name', () => {
    expect([QUEUE_PREFIX, SESSION_QUEUE]).toEqual(['baton', 'sessions']);
  });
});

describe('while Redis is away', () => {
  test.for<[string, (gate: Gate) => unknown, object]>([
    ['refuses connections', (gate) => gate.shut(), AWAY],
    ['hangs', (gate) => gate.freeze(), LATE],
  ])(
    'a call fails as UNAVAILABLE and works again later, if Redis %s',
    async ([, takeAway, error], { queuePrefix, queue, gate }) => {
      const producer = createProducer({ connection: gate.url, prefix: queuePrefix });
      await producer.launchSession({ query: 'before' });

      await takeAway(gate);
      await expect(producer.launchSession({ query: 'lost' })).rejects.toMatchObject(error);

      await gate.shut();
      await gate.open();
      const id = newId();
      await expect
        .poll(() => producer.launchSession({ query: 'after' }, { id }).catch(() => null), PATIENCE)
        .toMatchObject({ id });
      expect(await queue.find(id)).not.toBeNull();
      await producer.close();
    },
  );

  test('a producer that never reached Redis fails too, recovers, and closes without Redis', async ({
    queuePrefix,
    gate,
  }) => {
    await gate.shut();
    const producer = createProducer({ connection: gate.url, prefix: queuePrefix });
    await expect(producer.launchSession({ query: 'lost' })).rejects.toMatchObject(AWAY);
    await gate.open();
    await expect
      .poll(() => producer.launchSession({ query: 'after' }).catch(() => null), PATIENCE)
      .toMatchObject({ status: 'queued' });
    await gate.shut();
    await producer.close();
  });

  test("the producer's own deadline ends a call if the caller's client would wait without limit", async ({
    queuePrefix,
    gate,
  }) => {
    const client = new Redis(gate.url, { maxRetriesPerRequest: null });
    const producer = createProducer({ connection: client, prefix: queuePrefix });
    await producer.launchSession({ query: 'before' });
    await gate.shut();
    await expect(producer.launchSession({ query: 'lost' })).rejects.toMatchObject(LATE);
    client.disconnect();
  });
});
