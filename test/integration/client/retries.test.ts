// What is asked again, and that it is done once.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@baton/core/internal';
import { describe, expect, onTestFinished } from 'vitest';
import { createClient } from '../../../packages/client/src/index.ts';
import { countJobs } from '../../support/api.ts';
import { makeCompletedSession } from '../../support/factories.ts';
import { createGate } from '../../support/gate.ts';
import { all, type Fetch, losing, openRestartable, test } from './clients.ts';

describe('where the answer is lost', () => {
  test('a launch is made again, and is one session', async ({ api, url }) => {
    const tag = newId();
    const jobs = await countJobs(api);
    const { client, asked } = losing(3, { baseUrl: url });
    const launched = await client.launch({ query: 'once', tags: [tag] });
    expect(asked()).toBe(4);
    expect((await all(client.list({ tag }))).map(({ id }) => id)).toEqual([launched.id]);
    expect(await countJobs(api)).toBe(jobs + 1);
  });

  test('so are many launches', async ({ url }) => {
    const tag = newId();
    const { client } = losing(1, { baseUrl: url });
    await client.launchMany([
      { query: 'one', tags: [tag] },
      { query: 'two', tags: [tag] },
    ]);
    expect(await all(client.list({ tag }))).toHaveLength(2);
  });

  test('a continue is made again, and is one branch', async ({ api, url }) => {
    const parent = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const { client } = losing(2, { baseUrl: url });
    const { id } = await client.continue(parent.id, { query: 'go on' });
    const branches = await all(client.list({ parent_session_id: parent.id }));
    expect(branches.map((branch) => branch.id)).toEqual([id]);
  });

  test('a cancel that finds its work done is answered with the session', async ({
    client,
    url,
  }) => {
    const { id } = await client.launch({ query: 'stop' });
    const lossy = losing(1, { baseUrl: url }).client;
    expect(await lossy.cancel(id)).toMatchObject({ id, status: 'cancelled' });
  });

  test('a cancel that finds the session completed by itself says so', async ({ api, url }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const lossy = losing(1, { baseUrl: url }).client;
    await expect(lossy.cancel(id)).rejects.toMatchObject({ code: 'SESSION_TERMINAL' });
  });

  test('a deletion is made again, of a schedule as well', async ({ api, client, url }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    expect(await losing(1, { baseUrl: url }).client.delete(id)).toBe('gone');
    const made = await client.schedules.create({ every_ms: 60_000, launch: { query: 'q' } });
    await losing(1, { baseUrl: url }).client.schedules.delete(made.id);
    expect(await all(client.schedules.list())).toEqual([]);
  });

  test('a schedule is not made again: nothing would tell it from another one', async ({
    client,
    url,
  }) => {
    const { client: lossy, asked } = losing(1, { baseUrl: url });
    const create = lossy.schedules.create({ every_ms: 60_000, launch: { query: 'q' } });
    await expect(create).rejects.toMatchObject({ code: 'UNREACHABLE', attempts: 1 });
    expect(asked()).toBe(1);
    expect(await all(client.schedules.list())).toHaveLength(1);
  });

  test('it is not asked more often than the client was told', async ({ url }) => {
    const { client, asked } = losing(9, { baseUrl: url, retries: 2 });
    await expect(client.get(newId())).rejects.toMatchObject({ code: 'UNREACHABLE', attempts: 3 });
    expect(asked()).toBe(3);
  });
});

describe('an idempotency key', () => {
  test('of one’s own makes one session of two launches, and refuses another request', async ({
    client,
  }) => {
    const idempotencyKey = newId();
    const first = await client.launch({ query: 'mine' }, { idempotencyKey });
    expect((await client.launch({ query: 'mine' }, { idempotencyKey })).id).toBe(first.id);
    const other = client.launch({ query: 'another' }, { idempotencyKey });
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', status: 409 });
  });

  test('is a new one with each launch where none is given', async ({ client }) => {
    const ids = [await client.launch({ query: 'same' }), await client.launch({ query: 'same' })];
    expect(new Set(ids.map(({ id }) => id)).size).toBe(2);
  });
});

describe('where the API cannot answer now', () => {
  test('it is asked again when it said', async ({ url }) => {
    const { fetch, times } = refusing(1, { 'retry-after': '1' });
    const client = createClient({ baseUrl: url, fetch });
    await client.launch({ query: 'later' });
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  test('and not at all where that is after the deadline', async ({ url }) => {
    const { fetch, times } = refusing(9, { 'retry-after': '60' });
    const client = createClient({ baseUrl: url, fetch, timeoutMs: 30_000 });
    await expect(client.launch({ query: 'now' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      status: 503,
      retryAfterMs: 60_000,
    });
    expect(times).toHaveLength(1);
  });

  test('a call waits for an API that starts', async ({ at }) => {
    const api = await openRestartable(at);
    await api.stop();
    const launched = createClient({ baseUrl: api.url }).launch({ query: 'early' });
    await api.start();
    expect(await launched).toMatchObject({ status: 'queued' });
  });
});

describe('of many launches', () => {
  const queries = ['one', 'two', 'three', 'four'];
  const spoilt = { status: 503, error: { code: 'UNAVAILABLE', message: 'MongoDB is away' } };

  test('those refused for now are asked for again, they alone, and are one session each', async ({
    api,
    client,
    url,
  }) => {
    const tag = newId();
    const jobs = await countJobs(api);
    // They were launched all the same: the answer cannot tell.
    const { fetch, asked } = receiving((results, ask) => {
      if (ask === 1) results.splice(1, 1, spoilt);
      if (ask <= 2) results.splice(-1, 1, spoilt);
    });
    const many = createClient({ baseUrl: url, fetch });
    const verdicts = await many.launchMany(queries.map((query) => ({ query, tags: [tag] })));
    expect(verdicts).toMatchObject(queries.map((query) => ({ session: { query } })));
    expect(asked.map(({ sessions }) => sessions.map(({ query }) => query))).toEqual([
      queries,
      ['two', 'four'],
      ['four'],
    ]);
    const keys = verdicts.map(({ idempotency_key }) => idempotency_key);
    expect(asked.map(({ sessions }) => sessions.map((one) => one.idempotency_key))).toEqual([
      keys,
      [keys[1], keys[3]],
      [keys[3]],
    ]);
    expect(await all(client.list({ tag }))).toHaveLength(4);
    expect(await countJobs(api)).toBe(jobs + 4);
  });

  test('one that a limit refuses is asked for again when its verdict says, not before', async ({
    api,
    client,
    url,
  }) => {
    const tag = `tag-${newId()}`;
    const limit = { url: `/v1/limits/tag/${tag}`, payload: { max_sessions_at_once: 1 } };
    await api.app.inject({ method: 'PUT', ...limit });
    const { fetch, asked } = receiving(async ([, { session } = {}], ask) => {
      if (ask === 1) await client.cancel(session?.id ?? '');
    });
    const many = createClient({ baseUrl: url, fetch });
    const verdicts = await many.launchMany([
      { query: 'free' },
      { query: 'limited', tags: [tag] },
      { query: 'refused', tags: [tag] },
      { query: '' },
    ]);
    expect(verdicts).toMatchObject([
      { session: { query: 'free' } },
      { session: { query: 'limited' } },
      { session: { query: 'refused', status: 'queued' } },
      { error: { code: 'INVALID_REQUEST', attempts: 1 } },
    ]);
    expect(asked.map(({ sessions }) => sessions.length)).toEqual([4, 1]);
    expect((asked[1]?.at ?? 0) - (asked[0]?.at ?? 0)).toBeGreaterThanOrEqual(5_000);
  });

  test('one that stays refused is asked for as often as a call, and has its last verdict', async ({
    url,
  }) => {
    const { fetch, asked } = receiving((results) => results.splice(-1, 1, spoilt));
    const many = createClient({ baseUrl: url, fetch, retries: 2 });
    expect(await many.launchMany(queries.map((query) => ({ query })))).toMatchObject([
      ...queries.slice(1).map(() => ({ session: { status: 'queued' } })),
      { error: { code: 'UNAVAILABLE', status: 503, attempts: 3 } },
    ]);
    expect(asked.map(({ sessions }) => sessions.length)).toEqual([4, 1, 1]);
  });

  test('one that is to be asked for after the deadline has its verdict at once', async ({
    url,
  }) => {
    const error = { code: 'LIMIT_EXCEEDED', message: 'spent', details: { retry_after_s: 3_600 } };
    const { fetch, asked } = receiving((results) => results.splice(0, 1, { status: 429, error }));
    const many = createClient({ baseUrl: url, fetch });
    expect(await many.launchMany([{ query: 'one' }, { query: 'two' }])).toMatchObject([
      { error: { code: 'LIMIT_EXCEEDED', retryAfterMs: 3_600_000, attempts: 1 } },
      { session: { query: 'two' } },
    ]);
    expect(asked).toHaveLength(1);
  });

  test('those launched are told of although nobody answers for the others', async ({ url }) => {
    const { fetch } = receiving((results, ask) => {
      if (ask > 1) throw new TypeError('the connection was lost');
      results.splice(0, 1, spoilt);
    });
    const many = createClient({ baseUrl: url, fetch, retries: 1 });
    expect(await many.launchMany([{ query: 'one' }, { query: 'two' }])).toMatchObject([
      { error: { code: 'UNREACHABLE' } },
      { session: { query: 'two' } },
    ]);
  });

  test('the caller’s signal ends the wait for the next time, with its reason', async ({ url }) => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const error = { code: 'LIMIT_EXCEEDED', message: 'full', details: { retry_after_s: 60 } };
    const { fetch } = receiving((results) => {
      results.splice(0, 1, { status: 429, error });
      setImmediate(() => stop.abort(reason));
    });
    const many = createClient({ baseUrl: url, fetch });
    await expect(many.launchMany([{ query: 'one' }], { signal: stop.signal })).rejects.toBe(reason);
  });
});

describe('a call that takes too long', () => {
  test('ends at its deadline', async () => {
    const url = await openSilent();
    const client = createClient({ baseUrl: url, timeoutMs: 100 });
    await expect(client.get(newId())).rejects.toMatchObject({ code: 'TIMED_OUT' });
    const own = createClient({ baseUrl: url }).get(newId(), { timeoutMs: 100 });
    await expect(own).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });

  test('ends when its caller says, with its reason', async ({ url }) => {
    const reason = new Error('enough');
    const gate = await createGate(url);
    onTestFinished(gate.close);
    await gate.shut();
    const stop = new AbortController();
    const waiting = createClient({ baseUrl: gate.url }).get(newId(), { signal: stop.signal });
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    const late = createClient({ baseUrl: url }).get(newId(), { signal: stop.signal });
    await expect(late).rejects.toBe(reason);
  });
});

/** A fetch that is answered 503 so often before it gets through, and when it was called. */
function refusing(refusals: number, headers: Record<string, string>) {
  const times: number[] = [];
  const body = { error: { code: 'UNAVAILABLE', message: 'MongoDB does not answer' } };
  const fetch: Fetch = async (input, init) => {
    times.push(performance.now());
    if (times.length > refusals) return globalThis.fetch(input, init);
    return Response.json(body, { status: 503, headers });
  };
  return { fetch, times };
}

interface Received {
  session?: { id: string };
  status?: number;
  error?: object;
}

/** A fetch of bulk launches whose verdicts `change` may change, and what was asked for, when. */
function receiving(change: (results: Received[], ask: number) => unknown) {
  const asked: { at: number; sessions: { query: string; idempotency_key: string }[] }[] = [];
  const fetch: Fetch = async (input, init) => {
    asked.push({ at: performance.now(), ...JSON.parse(String(init?.body)) });
    const response = await globalThis.fetch(input, init);
    const { results } = (await response.json()) as { results: Received[] };
    await change(results, asked.length);
    return Response.json({ results }, { status: response.status });
  };
  return { fetch, asked };
}

/** The address of a server that takes requests and answers none. */
async function openSilent(): Promise<string> {
  const server = createServer(() => {});
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
