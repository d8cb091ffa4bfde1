import { newId } from '@baton/core/internal';
import { describe, expect, onTestFinished } from 'vitest';
import { createClient, type StreamedEvent } from '../../../packages/client/src/index.ts';
import { makeChild, makeCompletedSession, makeSession } from '../../support/factories.ts';
import { createGate } from '../../support/gate.ts';
import { untilPasses } from '../../support/wait.ts';
import { claimAndWrite } from '../../support/writing.ts';
import { all, type Fetch, openRestartable, test } from './clients.ts';

const seqs = (items: StreamedEvent[]) =>
  items.map((item) => (item.kind === 'event' ? item.event.seq : item.kind));

describe('the events of a session', () => {
  test('are the stored events and then the new events until the session ends', async ({
    api,
    client,
  }) => {
    const { id } = await client.launch({ query: 'hello' });
    const writing = await claimAndWrite(api.stores, id, api.queue.live);
    await writing.write(2);
    const events = client.events(id);
    expect((await events.next()).value).toMatchObject({
      kind: 'event',
      id: '1',
      event: { seq: 1, type: 'assistant', attempt: 1 },
    });
    const rest = all(events);
    await writing.write(1);
    await writing.complete();
    expect(seqs(await rest)).toEqual([2, 3, 'end']);
    expect((await all(client.events(id))).at(-1)).toEqual({
      kind: 'end',
      session_id: id,
      status: 'completed',
      last_event_seq: 3,
    });
    expect(seqs(await all(client.events(id, { after: 2 })))).toEqual([3, 'end']);
    expect(seqs(await all(client.events(id, { lastEventId: '1' })))).toEqual([2, 3, 'end']);
  });

  test('arrive exactly once even if the API is stopped and started again', async ({ api, at }) => {
    const restarted = await openRestartable(at);
    const client = createClient({ baseUrl: restarted.url });
    const { id } = await client.launch({ query: 'hello' });
    const writing = await claimAndWrite(api.stores, id, api.queue.live);
    const received: StreamedEvent[] = [];
    const done = (async () => {
      for await (const one of client.events(id)) received.push(one);
    })();
    const result = client.waitForResult(id);
    await writing.write(3);
    await untilPasses(() => expect(received).toHaveLength(3));
    await restarted.stop();
    await writing.write(3);
    await restarted.start();
    await untilPasses(() => expect(received).toHaveLength(6));
    await restarted.stop();
    await writing.complete();
    await restarted.start();
    await done;
    expect(seqs(received)).toEqual([1, 2, 3, 4, 5, 6, 'end']);
    expect(await result).toMatchObject({ id, status: 'completed' });
  });

  test('continue on a new connection if the server hangs', async ({ api, url }) => {
    const gate = await createGate(url);
    onTestFinished(gate.close);
    let asked = 0;
    const fetch: Fetch = (...call) => {
      asked += 1;
      return globalThis.fetch(...call);
    };
    const client = createClient({ baseUrl: gate.url, silentForMs: 1_000, fetch });
    const { id } = await client.launch({ query: 'hello' });
    const writing = await claimAndWrite(api.stores, id, api.queue.live);
    await writing.write(1);
    const events = client.events(id);
    expect(await events.next()).toMatchObject({ value: { id: '1' } });
    const next = events.next();
    gate.freeze();
    await writing.write(1);
    // The connection stays open, so only its silence shows that the server hangs.
    const before = asked;
    await untilPasses(() => expect(asked).toBeGreaterThan(before));
    await gate.open();
    expect(await next).toMatchObject({ value: { id: '2' } });
    await events.return();
  });

  test('include partial lines, which have no id', async ({ api, client }) => {
    const { id } = await client.launch({ query: 'hello', include_partial_messages: true });
    const writing = await claimAndWrite(api.stores, id, api.queue.live);
    await writing.write(1);
    const events = client.events(id);
    await events.next();
    const next = events.next();
    api.queue.live.partials(id, { id, attempt: 1, lines: ['{"a":1}'] });
    expect((await next).value).toEqual({
      kind: 'partial',
      line: { session_id: id, attempt: 1, raw: '{"a":1}' },
    });
    await events.return();
  });

  test('name their session if the client follows a conversation', async ({ api, client }) => {
    const root = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const child = await api.stores.sessions.insertIfAbsent(makeChild(root));
    const writing = await claimAndWrite(api.stores, child.id, api.queue.live);
    await writing.write(2);
    await writing.complete();
    const items = await all(client.events(root.id, { follow: 'conversation' }));
    expect(items).toMatchObject([
      { event: { session_id: child.id, seq: 1 } },
      { event: { session_id: child.id, seq: 2 } },
      { kind: 'end' },
    ]);
  });

  test('leave no open connection when their reader stops', async ({ api, at }) => {
    const own = await openRestartable(at);
    const client = createClient({ baseUrl: own.url });
    const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
    await (await claimAndWrite(api.stores, id, api.queue.live)).write(1);
    for await (const one of client.events(id)) if (one.kind === 'event') break;
    await untilPasses(async () => expect(await own.connections()).toBe(0));
    const stop = new AbortController();
    const rest = all(client.events(id, { signal: stop.signal }));
    await untilPasses(async () => expect(await own.connections()).toBe(1));
    stop.abort(new Error('enough'));
    await expect(rest).rejects.toThrow('enough');
    await untilPasses(async () => expect(await own.connections()).toBe(0));
  });

  test('are refused at once for an unknown session', async ({ client }) => {
    const refused = { code: 'SESSION_NOT_FOUND', status: 404 };
    await expect(client.events(newId()).next()).rejects.toMatchObject(refused);
    await expect(client.waitForResult(newId())).rejects.toMatchObject(refused);
  });

  test('end with an error if the API does not come back', async ({ at }) => {
    const own = await openRestartable(at);
    const client = createClient({ baseUrl: own.url, reconnectForMs: 100 });
    const { id } = await client.launch({ query: 'hello' });
    const end = all(client.events(id));
    await untilPasses(async () => expect(await own.connections()).toBeGreaterThan(0));
    await own.stop();
    await expect(end).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

describe('waitForResult', () => {
  test('returns the ended session', async ({ api, client }) => {
    const { id } = await client.launch({ query: 'hello' });
    const result = client.waitForResult(id);
    const writing = await claimAndWrite(api.stores, id, api.queue.live);
    await writing.write(3);
    await writing.complete();
    expect(await result).toMatchObject({ id, status: 'completed', last_event_seq: 3 });
    expect(await client.waitForResult(id)).toMatchObject({ status: 'completed' });
  });

  test('returns a cancelled session too, and respects its timeout and signal', async ({
    client,
  }) => {
    const { id } = await client.launch({ query: 'hello' });
    const late = client.waitForResult(id, { timeoutMs: 200 });
    await expect(late).rejects.toMatchObject({ code: 'TIMED_OUT' });
    const aborted = client.waitForResult(id, { signal: AbortSignal.abort('no more') });
    await expect(aborted).rejects.toBe('no more');
    const result = client.waitForResult(id);
    await client.cancel(id);
    expect(await result).toMatchObject({ status: 'cancelled' });
  });
});

describe('the status changes of all sessions', () => {
  test('arrive from the time of the call, and `live` marks a possible gap', async ({ api, at }) => {
    const own = await openRestartable(at);
    const client = createClient({ baseUrl: own.url });
    const tag = newId();
    const statuses = client.statuses({ tag });
    const next = async () => (await statuses.next()).value;
    expect(await next()).toEqual({ kind: 'live' });
    const { id } = await client.launch({ query: 'hello', tags: [tag] });
    expect(await next()).toMatchObject({ kind: 'status', change: { id, status: 'queued' } });
    const live = next();
    await own.stop();
    await own.start();
    expect(await live).toEqual({ kind: 'live' });
    await claimAndWrite(api.stores, id, api.queue.live);
    expect(await next()).toMatchObject({ kind: 'status', change: { id, status: 'starting' } });
    await statuses.return(undefined as never);
  });
});
