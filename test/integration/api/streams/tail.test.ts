// GET /v1/sessions/:id/events as a stream
import { newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import type { SseMessage } from '../../../support/sse.ts';
import { untilPasses } from '../../../support/wait.ts';
import { claimAndWrite, NOT_PUBLISHED } from '../../../support/writing.ts';
import { ids, NEVER_MS, start, tail, test, upTo } from './streams.ts';

describe('a stream of a session', () => {
  test('sends stored events, then new events, then the end, and closes', async ({ api, url }) => {
    const writing = await start(api);
    const { id } = writing.session;
    await writing.write(3);
    const reader = await tail(url, id);
    expect(reader.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
    });
    const first = await reader.next();
    const page = (await api.app.inject({ url: `/v1/sessions/${id}/events?limit=1` })).json();
    expect(first).toEqual({ event: 'assistant', id: '1', data: page.events[0] });
    expect(ids([(await reader.next()) as SseMessage, (await reader.next()) as SseMessage])).toEqual(
      ['2', '3'],
    );
    await writing.write(2);
    expect(await reader.next()).toMatchObject({ id: '4' });
    expect(await reader.next()).toMatchObject({ id: '5' });
    await writing.complete();
    expect(await reader.next()).toEqual({
      event: 'end',
      data: { session_id: id, status: 'completed', last_event_seq: 5 },
    });
    expect(await reader.next()).toBeNull();
  });

  test('has no gap and no duplicate for readers that join while events are written', async ({
    api,
    url,
  }) => {
    const writing = await start(api);
    const readers: Promise<SseMessage[]>[] = [];
    let count = 0;
    for (let batch = 0; batch < 40; batch += 1) {
      count += 1 + (batch % 7);
      const written = writing.write(1 + (batch % 7));
      if (batch % 2 === 0) readers.push(tail(url, writing.session.id).then((one) => one.all()));
      await written;
    }
    await writing.complete();
    for (const messages of await Promise.all(readers)) {
      expect(ids(messages)).toEqual(upTo(count));
      expect(messages.at(-1)).toMatchObject({ event: 'end', data: { status: 'completed' } });
    }
  });

  test("resumes after the reader's last event, by Last-Event-ID or by after", async ({
    api,
    url,
  }) => {
    const writing = await start(api);
    const { id } = writing.session;
    await writing.write(10);
    const cut = await tail(url, id);
    const before = await cut.all((message) => message.id === '4');
    cut.close();
    await writing.write(3);
    await writing.complete();
    const rest = await (await tail(url, id, { 'last-event-id': '4' })).all();
    expect(ids([...before, ...rest])).toEqual(upTo(13));
    expect(ids(await (await tail(url, id, { query: '?after=11' })).all())).toEqual(['12', '13']);
    const both = { query: '?after=2', 'last-event-id': '12' };
    expect(ids(await (await tail(url, id, both)).all())).toEqual(['13']);
    expect(await (await tail(url, id, { 'last-event-id': '13' })).all()).toMatchObject([
      { event: 'end' },
    ]);
  });

  test('sends heartbeats while its session is queued', async ({ api, url }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
    const reader = await tail(url, id);
    const first = reader.next();
    await untilPasses(() => expect(reader.comments()).toBeGreaterThan(1));
    const writing = await claimAndWrite(api.stores, id, api.queue.live);
    await writing.write(1);
    expect(await first).toMatchObject({ id: '1' });
  });

  test('may last longer than any other response', async ({ api, url }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
    const reader = await tail(url, id);
    const first = reader.next();
    // One heartbeat a second; other handlers may take ten seconds.
    await untilPasses(() => expect(reader.comments()).toBeGreaterThan(11));
    const writing = await claimAndWrite(api.stores, id, api.queue.live);
    await writing.write(1);
    expect(await first).toMatchObject({ id: '1' });
  });

  test('ends when its session is cancelled before it started', async ({ api, url, listeners }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
    const reader = await tail(url, id);
    const received = reader.all();
    await untilPasses(async () => expect(await listeners.to(id)).toBe(1));
    await api.app.inject({ method: 'POST', url: `/v1/sessions/${id}/cancel` });
    expect(await received).toMatchObject([{ event: 'end', data: { status: 'cancelled' } }]);
  });

  test('names an event by its type, but never by a reserved name', async ({ api, url, db }) => {
    const writing = await start(api);
    await writing.write(3);
    const named = (seq: number, type: string) =>
      db
        .collection('events')
        .updateOne({ session_id: writing.session.id, seq }, { $set: { type } });
    await named(1, 'end');
    await named(2, 'x\n\nevent: end');
    await named(3, 'control_response');
    await writing.complete();
    const messages = await (await tail(url, writing.session.id)).all();
    expect(messages.map(({ event }) => event)).toEqual([
      'other',
      'other',
      'control_response',
      'end',
    ]);
    expect(messages[1]?.data.type).toBe('x\n\nevent: end');
  });

  test.for([
    ['an unknown session', `/v1/sessions/${newId()}/events`, {}, 404, 'SESSION_NOT_FOUND'],
    ['an id that is not a number', null, { 'last-event-id': 'x' }, 400, 'INVALID_REQUEST'],
    ['a wrong after', null, { query: '?after=-1' }, 400, 'INVALID_REQUEST'],
    ['a wrong follow', null, { query: '?follow=me' }, 400, 'INVALID_REQUEST'],
  ] as const)(
    'refuses %s before it starts, like any call',
    async ([, path, headers, status, code], { api }) => {
      const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
      const { query = '', ...rest } = headers as Record<string, string>;
      const answer = await api.app.inject({
        url: path ?? `/v1/sessions/${id}/events${query}`,
        headers: { accept: 'text/event-stream', ...rest },
      });
      expect(answer.statusCode).toBe(status);
      expect(answer.json()).toMatchObject({ error: { code } });
    },
  );

  test('also works without a socket if its session has ended', async ({ api }) => {
    const writing = await start(api);
    await writing.write(2);
    await writing.complete();
    const answer = await api.app.inject({
      url: `/v1/sessions/${writing.session.id}/events`,
      headers: { accept: 'text/event-stream' },
    });
    expect(answer.body.match(/^id: .*$/gm)).toEqual(['id: 1', 'id: 2']);
  });
});

describe('lost live messages', () => {
  test('only delay events, which the next poll finds', async ({ openReplica, api }) => {
    const { url } = await openReplica({ pollMs: 300 });
    const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
    const writing = await claimAndWrite(api.stores, id, NOT_PUBLISHED);
    const reader = await tail(url, id);
    for (const [first, second] of ['12', '34', '56']) {
      await writing.write(2);
      expect(await reader.next()).toMatchObject({ id: first });
      expect(await reader.next()).toMatchObject({ id: second });
    }
    await writing.complete();
    expect(await reader.all()).toMatchObject([{ event: 'end' }]);
  });
});

describe('a stream without live messages', () => {
  test('ends when its session is deleted', async ({ openReplica, db, api }) => {
    const { url } = await openReplica({ pollMs: 200 });
    const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
    const reader = await tail(url, id);
    await db.collection<{ _id: string }>('sessions').deleteOne({ _id: id });
    expect(await reader.all()).toMatchObject([{ event: 'end', data: { status: 'deleted' } }]);
  });

  test('is closed at its maximum age without an end event', async ({ openReplica, api }) => {
    const { url } = await openReplica({ maxAgeMs: 500 });
    const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
    expect(await (await tail(url, id)).all()).toEqual([]);
  });
});

describe('two replicas of the API', () => {
  test('send the same events, so a reader may resume at either', async ({
    api,
    url,
    openReplica,
  }) => {
    const other = await openReplica({ pollMs: NEVER_MS });
    const writing = await start(api);
    const { id } = writing.session;
    await writing.write(2);
    const [here, there] = [await tail(url, id), await tail(other.url, id)];
    const before = await there.all((message) => message.id === '2');
    await writing.write(1);
    before.push((await there.next()) as SseMessage);
    await other.close(); // the replica stops and closes its streams without an end event
    expect(await there.next()).toBeNull();
    await writing.write(2);
    await writing.complete();
    const rest = await (await tail(url, id, { 'last-event-id': before.at(-1)?.id ?? '' })).all();
    expect(ids([...before, ...rest])).toEqual(upTo(5));
    expect(ids(await here.all())).toEqual(upTo(5));
  });
});

describe('many readers', () => {
  test('share one Redis connection, which unsubscribes from sessions without readers', async ({
    api,
    url,
    listeners,
  }) => {
    const sessions = await Promise.all(
      Array.from({ length: 50 }, () => api.stores.sessions.insertIfAbsent(makeSession())),
    );
    const readers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => tail(url, sessions[index % 50]?.id ?? '')),
    );
    const received = readers.map((reader) => reader.all());
    await untilPasses(async () => {
      for (const { id } of sessions) expect(await listeners.to(id)).toBe(1);
    });
    expect((await listeners.each()).filter((count) => count >= 50)).toEqual([50]);
    for (const { id } of sessions) {
      const writing = await claimAndWrite(api.stores, id, api.queue.live);
      await writing.write(1);
      await writing.complete();
    }
    for (const messages of await Promise.all(received)) {
      expect(messages.map(({ event }) => event)).toEqual(['assistant', 'end']);
    }
    await untilPasses(async () => {
      for (const { id } of sessions) expect(await listeners.to(id)).toBe(0);
    });
  });
});
