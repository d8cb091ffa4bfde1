// Stream positions of a session that was deleted and made again with the same key.
import { setTimeout as pause } from 'node:timers/promises';
import { newId, type Session, toInfo } from '@baton/core/internal';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { createClient } from '../../../../packages/client/src/index.ts';
import type { Api } from '../../../support/api.ts';
import { claimAndWrite } from '../../../support/writing.ts';
import { ids, tail, test, upTo } from './streams.ts';

async function make(api: Api, key: string, events: number): Promise<Session> {
  const headers = { 'idempotency-key': key };
  const payload = { query: 'q' };
  const made = await api.app.inject({ method: 'POST', url: '/v1/sessions', headers, payload });
  expect(made.statusCode, made.body).toBe(202);
  const writing = await claimAndWrite(api.stores, made.json().id, api.queue.live);
  await writing.write(events);
  await writing.complete();
  return writing.session;
}

// A busy store may need longer than one request waits, so the deletion is repeated.
async function remove({ app }: Api, id: string): Promise<void> {
  const gone = async () =>
    (await app.inject({ method: 'DELETE', url: `/v1/sessions/${id}` })).statusCode === 204;
  await vi.waitUntil(gone, { timeout: 20_000, interval: 100 });
}

async function remake(api: Api, before: number, after: number) {
  const key = newId();
  const first = await make(api, key, before);
  await remove(api, first.id);
  const second = await make(api, key, after);
  expect(second.id).toBe(first.id);
  return { first, second, id: first.id };
}

const RESET = (id: string, last_event_seq: number) => ({
  event: 'reset',
  data: { session_id: id, last_event_seq },
});

describe('a position of a session that was deleted and made again', () => {
  test.for([
    [5, 3],
    [5, 8],
    [5, 5],
  ] as const)(
    'resets a stream, which starts again: %i events before, %i now',
    async ([before, now], { api, url }) => {
      const { id } = await remake(api, before, now);
      for (const query of ['', '?follow=conversation']) {
        const last = query ? `${id}:${before}` : String(before);
        const [reset, ...rest] = await (
          await tail(url, id, { query, 'last-event-id': last })
        ).all();
        expect(reset).toEqual(RESET(id, now));
        expect(rest.map(({ data }) => data.seq)).toEqual([...upTo(now).map(Number), undefined]);
        // A reader can resume from the ids of the new stream.
        const location = String(ids(rest)[1]);
        const on = await (await tail(url, id, { query, 'last-event-id': location })).all();
        expect(on.map(({ event }) => event)).not.toContain('reset');
        expect(on[0]?.data.seq).toBe(3);
      }
    },
  );

  test('is recognized as stale by start_time, in a stream and in a page', async ({ api, url }) => {
    const { id, first, second } = await remake(api, 5, 8);
    const known = (session: Session) =>
      `start_time=${encodeURIComponent(toInfo(session).start_time)}`;
    const events = `/v1/sessions/${id}/events`;
    const query = `?after=5&${known(first)}`;
    const [reset, one] = await (await tail(url, id, { query })).all();
    expect(reset).toEqual(RESET(id, 8));
    expect(one?.data.seq).toBe(1);
    const page = (await api.app.inject({ url: `${events}${query}` })).json();
    expect(page).toMatchObject({ reset: true, last_event_seq: 8, next_after: 8 });
    expect(page.events).toHaveLength(8);
    const same = (await api.app.inject({ url: `${events}?after=5&${known(second)}` })).json();
    expect(same).not.toHaveProperty('reset');
    expect(same.events).toHaveLength(3);
  });

  test('is recognized as stale if it is beyond the last event, in a stream and in a page', async ({
    api,
    url,
  }) => {
    const { id } = await remake(api, 5, 3);
    const [reset, one] = await (await tail(url, id, { query: '?after=5' })).all();
    expect(reset).toEqual(RESET(id, 3));
    expect(one?.data.seq).toBe(1);
    const page = (
      await api.app.inject({ url: `/v1/sessions/${id}/events?after=5&limit=2` })
    ).json();
    expect(page).toMatchObject({ reset: true, last_event_seq: 3, next_after: 2 });
    // A reader that wants only the end passes the largest number.
    const end = await (await tail(url, id, { query: `?after=${2 ** 31 - 1}` })).all();
    expect(end.map(({ event }) => event)).toEqual(['end']);
  });

  test('is refused as a cursor of its conversation', async ({ api }) => {
    const key = newId();
    const { id } = await make(api, key, 5);
    const read = (query: string) =>
      api.app.inject({ url: `/v1/sessions/${id}/conversation${query}` });
    const { next_cursor } = (await read('?limit=2')).json();
    expect((await read(`?cursor=${next_cursor}`)).json().events).toHaveLength(3);
    await remove(api, id);
    await make(api, key, 8);
    const refused = await read(`?cursor=${next_cursor}`);
    expect(refused.json()).toMatchObject({
      error: { code: 'INVALID_REQUEST', details: { field: 'cursor' } },
    });
    expect(refused.statusCode).toBe(400);
  });

  test('makes the client report a reset', async ({ api, url }) => {
    const { id, first } = await remake(api, 5, 8);
    const client = createClient({ baseUrl: url });
    for (const from of [{ lastEventId: '5' }, { after: 5, startTime: toInfo(first).start_time }]) {
      const kinds: string[] = [];
      for await (const one of client.events(id, from)) kinds.push(one.kind);
      expect(kinds).toEqual(['reset', ...Array(8).fill('event'), 'end']);
    }
    expect(await client.waitForResult(id)).toMatchObject({ id, status: 'completed' });
  });
});

test('an open stream of a session that is deleted and made again ends with the status deleted', async ({
  api,
  db,
  openReplica,
}) => {
  const replica = await openReplica({ pollMs: 50 });
  const key = newId();
  const made = await api.app.inject({
    method: 'POST',
    url: '/v1/sessions',
    headers: { 'idempotency-key': key },
    payload: { query: 'q' },
  });
  const { id } = made.json();
  const sessions = db.collection<{ _id: string; created_at: Date }>('sessions');
  for (const query of ['', '?follow=conversation']) {
    const reader = await tail(replica.url, id, { query });
    onTestFinished(reader.close);
    const writing = await claimOnce(api, id);
    await writing?.write(2);
    expect(
      ids([await reader.next(), await reader.next()].filter((one) => one !== null)),
    ).toHaveLength(2);
    // As if the session was deleted and launched again between two reads of the stream.
    await sessions.updateOne({ _id: id }, { $set: { created_at: new Date(Date.now() + 1_000) } });
    const last = await Promise.race([
      reader.all().then((all) => all.at(-1)),
      pause(10_000, 'the stream has not ended', { ref: false }),
    ]);
    expect(last).toMatchObject({ event: 'end', data: { status: 'deleted' } });
  }
});

async function claimOnce(api: Api, id: string) {
  const session = await api.stores.sessions.get(id);
  return session?.status === 'queued' ? claimAndWrite(api.stores, id, api.queue.live) : null;
}
