// Redis, MongoDB or both are taken away from workers that have sessions running.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createProducer } from '@baton/core/internal';
import { Redis } from 'ioredis';
import { describe, expect, vi } from 'vitest';
import { isAlive } from '../../../support/alive.ts';
import { test } from '../../../support/fleet.ts';
import {
  type Gated,
  isRunning,
  jobDone,
  LEASE_MS,
  leaseIsOver,
  lockIsOver,
  openGated,
  playUntilReported,
  STEADY_LEASE_MS,
  UNHARMED,
} from '../../../support/gated-fleet.ts';
import { redisUrl } from '../../../support/services.ts';
import { openStops } from '../../../support/stops.ts';
import { waitFor } from '../../../support/wait.ts';

// Eight tests run at once, each with its own workers, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

describe.concurrent('while Redis is away,', () => {
  test('a session completes, and its job finishes once Redis is back', async ({
    fleet: parent,
    onTestFinished,
  }) => {
    const { fleet, redis } = await openGated(parent, onTestFinished, STEADY_LEASE_MS);
    const { id, end } = await playUntilReported(fleet, 'redis-away');
    await redis.shut();
    await lockIsOver(fleet, id, STEADY_LEASE_MS);
    expect(await fleet.session(id)).toMatchObject({ status: 'running', lease: { fence: 1 } });
    await end();
    const session = await fleet.ended(id);
    expect(session).toMatchObject(UNHARMED);
    await redis.open();
    await jobDone(fleet, id);
    expect(await fleet.session(id)).toEqual(session);
    // The worker works as before: it takes sessions and receives stop requests.
    const next = await fleet.play([{ say: 'so' }, { hang: true }]);
    await fleet.until(next, 'running', isRunning);
    const stops = await openStops(fleet);
    await stops.ask('cancel', next);
    expect((await fleet.ended(next)).status).toBe('cancelled');
    await stops.close();
  });

  test('a worker that is asked to stop hands its sessions back and exits, and another worker resumes them later', async ({
    fleet: parent,
    onTestFinished,
  }) => {
    const { fleet, redis, worker } = await openGated(parent, onTestFinished);
    const { id, end } = await playUntilReported(fleet, 'deploy');
    await redis.shut();
    const ended = worker.stop();
    await fleet.until(id, 'handed back', ({ status }) => status === 'queued');
    // The worker does not wait for Redis, which comes back only after the worker's end.
    expect(await ended).toEqual({ code: 0, signal: null });
    await redis.open();
    await fleet.worker({ LEASE_MS: String(LEASE_MS) });
    await end();
    expect(await fleet.ended(id)).toMatchObject({
      status: 'completed',
      counts: { crashes: 0, retries: 0, hand_backs: 1 },
    });
  });
});

describe.concurrent('when Redis loses everything,', () => {
  test('running sessions finish, and every queued session is enqueued again and runs once', async ({
    fleet,
    onTestFinished,
  }) => {
    const mine = fleet.sibling(onTestFinished);
    // A separate numbered database of the server, so that flushing it does not affect other tests.
    const url = new URL(redisUrl());
    url.pathname = '/11';
    const redis = new Redis(url.href);
    const prefix = mine.env['QUEUE_PREFIX'] ?? '';
    const producer = createProducer({ connection: url.href, prefix });
    onTestFinished(async () => {
      await redis.flushdb();
      redis.disconnect();
      await producer.close();
    });
    const small = { WORKER_CONCURRENCY: '1', LEASE_MS: String(STEADY_LEASE_MS) };
    await mine.worker({ ...small, REDIS_URL: url.href });
    const go = join(mine.root, 'flush.go');
    const steps = JSON.stringify([{ say: 'one' }, { wait_for: go }, { say: 'two' }]);
    const { id: running } = await producer.launchSession({ query: `wait\n#fake ${steps}` });
    const stored = (id: string) => mine.session(id).catch(() => undefined);
    await waitFor('it to run', async () => (await stored(running))?.status === 'running');
    // These sessions wait for the worker's only slot; the reconciler adopts them.
    const queued: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      queued.push((await producer.launchSession({ query: `hello ${n}` })).id);
    }
    for (const id of queued) await waitFor(`a document of ${id}`, () => stored(id));
    await redis.flushdb();
    await lockIsOver(mine, running, STEADY_LEASE_MS);
    expect(await mine.session(running)).toMatchObject({ status: 'running' });
    await writeFile(go, '');
    expect(await mine.ended(running)).toMatchObject(UNHARMED);
    for (const [n, id] of queued.entries()) {
      const session = await mine.ended(id);
      expect(session).toMatchObject({
        status: 'completed',
        result: { result: `You said: hello ${n} (earlier prompts: 0)` },
      });
      expect(session.attempts).toHaveLength(1);
    }
  });
});

describe.concurrent('while MongoDB is away,', () => {
  test('a session completes although another worker sees its lease expire', async ({
    fleet: parent,
    onTestFinished,
  }) => {
    const { fleet, mongodb } = await openGated(parent, onTestFinished, STEADY_LEASE_MS);
    const { id, end } = await playUntilReported(fleet, 'mongodb-away');
    const other = await fleet.worker({ LEASE_MS: String(STEADY_LEASE_MS) });
    await mongodb.shut();
    await leaseIsOver(fleet, id);
    await end();
    await mongodb.open();
    const session = await fleet.ended(id);
    expect(session).toMatchObject(UNHARMED);
    expect(session.attempts).toHaveLength(1);
    await jobDone(fleet, id);
    await other.stop();
  });

  test('a session completes if MongoDB accepts connections but does not answer', async ({
    fleet: parent,
    onTestFinished,
  }) => {
    const { fleet, mongodb } = await openGated(parent, onTestFinished, STEADY_LEASE_MS);
    const { id, end } = await playUntilReported(fleet, 'hangs');
    mongodb.freeze();
    await leaseIsOver(fleet, id);
    await end();
    await mongodb.open();
    const session = await fleet.ended(id);
    expect(session).toMatchObject(UNHARMED);
    expect(session.attempts).toHaveLength(1);
  });

  test('a job that a worker takes is delayed, and the outage does not count as a failure of its session', async ({
    fleet: parent,
    onTestFinished,
  }) => {
    const { fleet, mongodb } = await openGated(parent, onTestFinished);
    await mongodb.shut();
    const id = await fleet.launch({ query: 'patience' });
    await waitFor('the job to wait', async () => {
      const state = await fleet.queue.getJobState(id);
      return state === 'delayed';
    });
    await mongodb.open();
    await waitFor('its document', () => fleet.session(id).catch(() => undefined));
    expect(await fleet.ended(id)).toMatchObject({
      status: 'completed',
      counts: { crashes: 0, retries: 0, hand_backs: 0 },
    });
  });
});

describe.concurrent('while both stores are away,', () => {
  /** A session whose process was stopped because neither store had confirmed its lease. */
  async function stopped({ fleet, redis, mongodb, worker }: Gated): Promise<string> {
    const dump = join(fleet.root, 'both.json');
    const steps = [{ dump }, { say: 'one' }, { hang: true }] as const;
    const id = await fleet.play([...steps], { recovery: { max_retries: 1 } });
    await fleet.until(id, 'running', isRunning);
    await fleet.until(id, 'saved', ({ transcript }) => transcript.files.length > 0);
    const { pid } = JSON.parse(await readFile(dump, 'utf8'));
    await Promise.all([redis.shut(), mongodb.shut()]);
    await waitFor('the process to be gone', () => !isAlive(pid));
    // The ownership watch stopped the process. Its unit test asserts when it does (ownership.test.ts).
    await waitFor('the log of the stop', () =>
      worker.err().includes('neither MongoDB nor Redis has confirmed for a lease length'),
    );
    return id;
  }

  const RESUMED = {
    status: 'completed',
    result: { result: 'You said: Continue from where you left off. (earlier prompts: 1)' },
  };

  test('a worker stops its sessions when no store has confirmed them for a lease, and retries the sessions that no other worker took', async ({
    fleet: parent,
    onTestFinished,
  }) => {
    const gated = await openGated(parent, onTestFinished);
    const id = await stopped(gated);
    await gated.mongodb.open();
    const { attempts } = await gated.fleet.until(id, 'queued', ({ status }) => status === 'queued');
    expect(attempts[0]).toMatchObject({ failure: { code: 'STORE_UNAVAILABLE' } });
    await gated.redis.open();
    const session = await gated.fleet.ended(id);
    expect(session).toMatchObject({ ...RESUMED, counts: { crashes: 0, retries: 1 } });
    expect(session.attempts).toHaveLength(2);
  });

  test('a worker writes nothing more to a session that another worker has taken', async ({
    fleet: parent,
    onTestFinished,
  }) => {
    const gated = await openGated(parent, onTestFinished);
    const id = await stopped(gated);
    await gated.fleet.worker({ LEASE_MS: String(LEASE_MS) });
    const session = await gated.fleet.ended(id);
    expect(session).toMatchObject({ ...RESUMED, counts: { crashes: 1, retries: 0 } });
    await Promise.all([gated.redis.open(), gated.mongodb.open()]);
    expect(await gated.worker.stop()).toEqual({ code: 0, signal: null });
    expect(await gated.fleet.session(id)).toEqual(session);
  });
});
