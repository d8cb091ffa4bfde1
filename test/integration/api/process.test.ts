import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect } from 'vitest';
import { databaseUrl } from '../../support/api.ts';
import { listening, runApi } from '../../support/api-process.ts';
import type { BatonProcess } from '../../support/baton-process.ts';
import { redisUrl, test } from '../../support/services.ts';
import { untilPasses } from '../../support/wait.ts';

const runs: BatonProcess[] = [];

/** Runs the API with only this environment. */
function run(env: Record<string, string>): BatonProcess {
  const started = runApi(env);
  runs.push(started);
  return started;
}

/** Parses a log that has one line. */
function onlyLine(log: string): Record<string, unknown> {
  return JSON.parse(log) as Record<string, unknown>;
}

afterEach(async () => {
  for (const run of runs.splice(0)) await run.kill();
});

describe('the API as a process', () => {
  test('prints its address as one line of JSON, answers, and exits with 0 on SIGTERM', async ({
    databaseName,
    queuePrefix,
    db,
  }) => {
    const api = run({
      REDIS_URL: redisUrl(),
      MONGODB_URL: databaseUrl(databaseName),
      QUEUE_PREFIX: queuePrefix,
      PORT: '0',
      AUTH: 'none',
    });
    const url = await listening(api);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const ready = await fetch(`${url}/readyz`);
    expect(await ready.json()).toEqual({ status: 'ok' });
    const launched = await fetch(`${url}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'hi' }),
    });
    expect(launched.status).toBe(202);
    const read = await fetch(`${url}${launched.headers.get('location')}`);
    expect(await read.json()).toMatchObject({ status: 'queued', query: 'hi' });
    await untilPasses(async () => {
      const indexes = await db.collection('sessions').indexes();
      expect(indexes.map(({ key }) => Object.keys(key)[0])).toContain('root_session_id');
    });

    // Some connections of `fetch` are still open, and the API does not wait for them.
    const stopped = api.stop();
    api.signal('SIGINT');
    expect(await stopped).toEqual({ code: 0, signal: null });
    expect(api.err()).not.toContain('did not close');
    expect(api.out()).toBe(`${JSON.stringify({ api: url })}\n`);
    for (const line of api.err().trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ name: 'api' });
    }
  });

  test('exits with 1 on invalid settings and lists the variables without values', async () => {
    const { ended, err, out } = run({
      REDIS_URL: 'http://user:s3cret@localhost',
      PORT: '70000',
      LOG_LEVEL: 'loud',
    });
    expect(await ended).toEqual({ code: 1, signal: null });
    const { msg, ...logged } = onlyLine(err());
    expect(logged).toMatchObject({ level: 60, name: 'api', code: 'INVALID_CONFIG' });
    for (const name of ['REDIS_URL', 'MONGODB_URL', 'PORT', 'LOG_LEVEL']) {
      expect(msg).toContain(`\n  ${name}: `);
    }
    expect(err()).not.toContain('s3cret');
    expect(err()).not.toContain('    at ');
    expect(out()).toBe('');
  });

  test('does not start without keys on an address that is not loopback', async () => {
    const { ended, err, out } = run({
      REDIS_URL: redisUrl(),
      MONGODB_URL: databaseUrl('never-asked'),
      HOST: '0.0.0.0',
      AUTH: 'none',
    });
    expect(await ended).toEqual({ code: 1, signal: null });
    expect(onlyLine(err())['msg']).toBe(
      'AUTH=none needs a loopback HOST, but HOST is 0.0.0.0: set AUTH=keys',
    );
    expect(out()).toBe('');
  });

  test('requires keys by default', async ({ databaseName }) => {
    const api = run({ REDIS_URL: redisUrl(), MONGODB_URL: databaseUrl(databaseName), PORT: '0' });
    const url = await listening(api);
    expect((await fetch(`${url}/v1/sessions`)).status).toBe(401);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('exits with 1 if its port is taken', async ({ databaseName }) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const { ended, err } = run({
      REDIS_URL: redisUrl(),
      MONGODB_URL: databaseUrl(databaseName),
      PORT: String(port),
    });
    expect(await ended).toEqual({ code: 1, signal: null });
    expect(err()).toContain('EADDRINUSE');
    taken.close();
  });

  test('starts without its stores, is alive but not ready, and stops without them', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as { port: number };
    nobody.close();
    await once(nobody, 'close');
    const api = run({
      REDIS_URL: `redis://127.0.0.1:${port}`,
      MONGODB_URL: `mongodb://127.0.0.1:${port}`,
      PORT: '0',
    });
    const url = await listening(api);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      error: { code: 'UNAVAILABLE', details: { unavailable: ['redis', 'mongodb'] } },
    });
    expect(await api.stop()).toEqual({ code: 0, signal: null });
    expect(api.err()).not.toContain('did not close');
  });
});
