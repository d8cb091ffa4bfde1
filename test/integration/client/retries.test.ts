// Which calls the client retries, and that a retried call takes effect once.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@baton/core/internal';
import { describe, expect, onTestFinished } from 'vitest';
import { createClient } from '../../../packages/client/src/index.ts';
import { countJobs } from '../../support/api.ts';
import { makeCompletedSession } from '../../support/factories.ts';
import { createGate } from '../../support/gate.ts';
import { all, type Fetch, losing, openRestartable, test } from './clients.ts';

describe('if the response is lost', () => {
  test('a launch is retried and makes one session', async ({ api, url }) => {
    const tag = newId();
    const jobs = await countJobs(api);
    const { client, asked } = losing(3, { baseUrl: url });
    const launched = await client.launch({ query: 'once', tags: [tag] });
    expect(asked()).toBe(4);
    expect((await all(client.list({ tag }))).map(({ id }) => id)).toEqual([launched.id]);
    expect(await countJobs(api)).toBe(jobs + 1);
  });

  test('a bulk launch is retried and makes each session once', async ({ url }) => {
    const tag = newId();
    const { client } = losing(1, { baseUrl: url });
    await client.launchMany([
      { query: 'one', tags: [tag] },
      { query: 'two', tags: [tag] },
    ]);
    expect(await all(client.list({ tag }))).toHaveLength(2);
  });

  test('a continue is retried and makes one branch', async ({ api, url }) => {
    const parent = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const { client } = losing(2, { baseUrl: url });
    const { id } = await client.continue(parent.id, { query: 'go on' });
    const branches = await all(client.list({ parent_session_id: parent.id }));
    expect(branches.map((branch) => branch.id)).toEqual([id]);
  });

  test('a rerun is retried and makes one session', async ({ api, client, url }) => {
    const tag = newId();
    const source = await client.launch({ query: 'again', tags: [tag] });
    const jobs = await countJobs(api);
    const { id } = await losing(2, { baseUrl: url }).client.rerun(source.id);
    expect((await all(client.list({ tag }))).map((one) => one.id)).toEqual([id, source.id]);
    expect(await countJobs(api)).toBe(jobs + 1);
  });

  test('a message is sent again and arrives once', async ({ client, url }) => {
    const { id } = await client.launch({ query: 'talk to me' });
    const lossy = losing(2, { baseUrl: url }).client;
    const sent = await lossy.send(id, { content: 'hello' });
    expect(sent).toEqual({ id: expect.any(String), status: 'queued', session_id: id });
    expect((await all(client.messages(id))).map((one) => one.id)).toEqual([sent.id]);
    const cancelled = await losing(1, { baseUrl: url }).client.cancelMessage(id, sent.id);
    expect(cancelled).toMatchObject({ id: sent.id, status: 'cancelled' });
  });

  test('a retried cancel returns the session that the first try cancelled', async ({
    client,
    url,
  }) => {
    const { id } = await client.launch({ query: 'stop' });
    const lossy = losing(1, { baseUrl: url }).client;
    expect(await lossy.cancel(id)).toMatchObject({ id, status: 'cancelled' });
  });

  test('a retried cancel of many sessions counts the sessions that the first try cancelled', async ({
    api,
    client,
    url,
  }) => {
    const { id } = await client.launch({ query: 'stop' });
    const ended = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const lossy = losing(1, { baseUrl: url }).client;
    expect(await lossy.cancelMany({ ids: [id, ended.id] })).toMatchObject({
      results: [
        { id, status: 'cancelled' },
        { id: ended.id, error: { code: 'SESSION_TERMINAL', attempts: 2 } },
      ],
      has_more: false,
    });
  });

  test('a retried cancel fails for a session that completed', async ({ api, url }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const lossy = losing(1, { baseUrl: url }).client;
    await expect(lossy.cancel(id)).rejects.toMatchObject({ code: 'SESSION_TERMINAL' });
  });

  test('a deletion of a session or a schedule is retried', async ({ api, client, url }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    expect(await losing(1, { baseUrl: url }).client.delete(id)).toBe('gone');
    const made = await client.schedules.create({ every_ms: 60_000, launch: { query: 'q' } });
    await losing(1, { baseUrl: url }).client.schedules.delete(made.id);
    expect(await all(client.schedules.list())).toEqual([]);
  });

  test('creating a schedule is not retried, because a retry would make a second schedule', async ({
    client,
    url,
  }) => {
    const { client: lossy, asked } = losing(1, { baseUrl: url });
    const create = lossy.schedules.create({ every_ms: 60_000, launch: { query: 'q' } });
    await expect(create).rejects.toMatchObject({ code: 'UNREACHABLE', attempts: 1 });
    expect(asked()).toBe(1);
    expect(await all(client.schedules.list())).toHaveLength(1);
  });

  test('the client retries as often as its `retries` option allows', async ({ url }) => {
    const { client, asked } = losing(9, { baseUrl: url, retries: 2 });
    await expect(client.get(newId())).rejects.toMatchObject({ code: 'UNREACHABLE', attempts: 3 });
    expect(asked()).toBe(3);
  });
});

describe('the idempotency key of a launch', () => {
  test('makes one session of two equal launches and refuses a different launch', async ({
    client,
  }) => {
    const idempotencyKey = newId();
    const first = await client.launch({ query: 'mine' }, { idempotencyKey });
    expect((await client.launch({ query: 'mine' }, { idempotencyKey })).id).toBe(first.id);
    const other = client.launch({ query: 'another' }, { idempotencyKey });
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', status: 409 });
  });

  test('is new for each launch if the caller gives no key', async ({ client }) => {
    const ids = [await client.launch({ query: 'same' }), await client.launch({ query: 'same' })];
    expect(new Set(ids.map(({ id }) => id)).size).toBe(2);
  });
});

describe('if the API is unavailable', () => {
  test('a call is retried after Retry-After', async ({ url }) => {
    const { fetch, times } = refusing(1, { 'retry-after': '1' });
    const client = createClient({ baseUrl: url, fetch });
    await client.launch({ query: 'later' });
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  test('a call is not retried if Retry-After is later than its deadline', async ({ url }) => {
    const { fetch, times } = refusing(9, { 'retry-after': '60' });
    const client = createClient({ baseUrl: url, fetch, timeoutMs: 30_000 });
    await expect(client.launch({ query: 'now' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      status: 503,
      retryAfterMs: 60_000,
    });
    expect(times).toHaveLength(1);
  });

  test('a call waits until the API has started', async ({ at }) => {
    const api = await openRestartable(at);
    await api.stop();
    const launched = createClient({ baseUrl: api.url }).launch({ query: 'early' });
    await api.start();
    expect(await launched).toMatchObject({ status: 'queued' });
  });
});

describe('in a bulk launch', () => {
  const queries = ['one', 'two', 'three', 'four'];
  const spoilt = { status: 503, error: { code: 'UNAVAILABLE', message: 'MongoDB is away' } };

  test('only temporarily refused launches are retried, and each makes one session', async ({
    api,
    client,
    url,
  }) => {
    const tag = newId();
    const jobs = await countJobs(api);
    // The API launches every session, but the test puts errors into the response.
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

  test('a launch that a limit refused is retried after its retry_after_s', async ({
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

  test('a launch that stays refused is retried as often as a call, and returns its last error', async ({
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

  test('a launch that may be retried only after the deadline fails at once', async ({ url }) => {
    const error = { code: 'LIMIT_EXCEEDED', message: 'spent', details: { retry_after_s: 3_600 } };
    const { fetch, asked } = receiving((results) => results.splice(0, 1, { status: 429, error }));
    const many = createClient({ baseUrl: url, fetch });
    expect(await many.launchMany([{ query: 'one' }, { query: 'two' }])).toMatchObject([
      { error: { code: 'LIMIT_EXCEEDED', retryAfterMs: 3_600_000, attempts: 1 } },
      { session: { query: 'two' } },
    ]);
    expect(asked).toHaveLength(1);
  });

  test('launched sessions are returned even if the retry of the others fails', async ({ url }) => {
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

  test('the caller’s signal ends the wait for a retry, and the call fails with the signal’s reason', async ({
    url,
  }) => {
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

describe('a slow call', () => {
  test('ends at its deadline', async () => {
    const url = await openSilent();
    const client = createClient({ baseUrl: url, timeoutMs: 100 });
    await expect(client.get(newId())).rejects.toMatchObject({ code: 'TIMED_OUT' });
    const own = createClient({ baseUrl: url }).get(newId(), { timeoutMs: 100 });
    await expect(own).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });

  test("ends with the reason of the caller's signal", async ({ url }) => {
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

/** Returns a fetch that answers the first `refusals` calls with 503, and the time of each call. */
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

/**
 * Returns a fetch for bulk launches, and the requests that it sent. `change` may edit the results.
 */
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

/** Opens a server that answers no request and returns its address. */
async function openSilent(): Promise<string> {
  const server = createServer(() => {});
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
