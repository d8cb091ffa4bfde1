// GET /v1/sessions/:id/events?follow=conversation
import { defined, newId, type Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import type { Api } from '../../../support/api.ts';
import { makeChild, makeSession } from '../../../support/factories.ts';
import type { SseMessage } from '../../../support/sse.ts';
import { claimAndWrite } from '../../../support/writing.ts';
import { ids, tail, test } from './streams.ts';

const FOLLOW = '?follow=conversation';

/** Stores a session that wrote this many events and ended. */
async function ended(api: Api, session: Session, events: number): Promise<Session> {
  await api.stores.sessions.insertIfAbsent(session);
  const writing = await claimAndWrite(api.stores, session.id, api.queue.live);
  if (events > 0) await writing.write(events);
  await writing.complete();
  return session;
}

/** Returns the whole stream of an ended conversation. */
async function replay(api: Api, id: string, lastId?: string): Promise<SseMessage[]> {
  const answer = await api.app.inject({
    url: `/v1/sessions/${id}/events${FOLLOW}`,
    headers: {
      accept: 'text/event-stream',
      ...defined({ 'last-event-id': lastId }),
    },
  });
  expect(answer.statusCode, answer.body).toBe(200);
  const found = answer.body.matchAll(/^(?:id: (.*)\n)?event: (.*)\ndata: (.*)$/gm);
  return [...found].map(([, id, event = '', data = '']) => ({
    event,
    ...defined({ id }),
    data: JSON.parse(data),
  }));
}

const locations = (messages: SseMessage[]) =>
  messages.flatMap(({ id, data }) => (id ? [`${data.session_id}:${data.seq}`] : []));

const all = (sessions: [Session, number][]) =>
  sessions.flatMap(([{ id }, events]) =>
    Array.from({ length: events }, (_, index) => `${id}:${index + 1}`),
  );

describe('a stream that follows a conversation', () => {
  test('continues into the next session and ends with that session', async ({ api, url }) => {
    const root = await ended(api, makeSession(), 2);
    const child = await api.stores.sessions.insertIfAbsent(makeChild(root));
    const reader = await tail(url, root.id, { query: FOLLOW });
    const replayed = await reader.all((message) => message.id === `${root.id}:2`);
    const writing = await claimAndWrite(api.stores, child.id, api.queue.live);
    await writing.write(2);
    const live = await reader.all((message) => message.id === `${child.id}:2`);
    expect(locations([...replayed, ...live])).toEqual(
      all([
        [root, 2],
        [child, 2],
      ]),
    );
    expect(ids(live)).toEqual([`${child.id}:1`, `${child.id}:2`]);
    await writing.complete();
    expect(await reader.all()).toEqual([
      { event: 'end', data: { session_id: child.id, status: 'completed', last_event_seq: 2 } },
    ]);
  });

  test('includes a continue that starts while another branch runs', async ({ api, url }) => {
    const root = await ended(api, makeSession(), 1);
    const first = await api.stores.sessions.insertIfAbsent(makeChild(root));
    const reader = await tail(url, root.id, { query: FOLLOW });
    const one = await claimAndWrite(api.stores, first.id, api.queue.live);
    await one.write(1);
    await reader.all((message) => message.data.session_id === first.id);
    const second = await ended(api, makeChild(root), 1);
    expect(await reader.next()).toMatchObject({ data: { session_id: second.id, seq: 1 } });
    await one.write(1);
    const last = await reader.next();
    expect(last).toMatchObject({ data: { session_id: first.id, seq: 2 } });
    expect(last?.id?.split(',').sort()).toEqual([`${first.id}:2`, `${second.id}:1`].sort());
    await one.complete();
    expect(await reader.next()).toMatchObject({ event: 'end' });
  });

  test('sends each branch after its parent and can be resumed after any event', async ({ api }) => {
    const root = await ended(api, makeSession(), 11);
    const left = await ended(api, makeChild(root), 30);
    const right = await ended(api, makeChild(root), 20);
    const silent = await ended(api, makeChild(left), 0);
    const below = await ended(api, makeChild(left), 12);
    const further = await ended(api, makeChild(below), 3);
    const wanted = all([
      [root, 11],
      [left, 30],
      [right, 20],
      [below, 12],
      [further, 3],
    ]);
    const messages = await replay(api, root.id);
    expect(messages.at(-1)).toMatchObject({ event: 'end' });
    const received = locations(messages);
    expect(received.toSorted()).toEqual(wanted.toSorted());
    for (const { id, parent_session_id: parent } of [root, left, right, below, further]) {
      const own = received.filter((location) => location.startsWith(id));
      expect(own).toEqual(wanted.filter((location) => location.startsWith(id)));
      if (!parent) continue;
      expect(received.findIndex((location) => location.startsWith(id))).toBeGreaterThan(
        received.findLastIndex((location) => location.startsWith(parent)),
      );
    }
    for (const [index, { id }] of messages.slice(0, -1).entries()) {
      const rest = locations(await replay(api, root.id, id));
      expect([...received.slice(0, index + 1), ...rest].toSorted(), id).toEqual(wanted.toSorted());
    }
    expect(received.join()).not.toContain(silent.id);
  });

  test('starts at the requested session, not at the root', async ({ api }) => {
    const root = await ended(api, makeSession(), 2);
    const child = await ended(api, makeChild(root), 2);
    await ended(api, makeChild(root), 2);
    expect(locations(await replay(api, child.id))).toEqual(all([[child, 2]]));
  });

  test.for([
    ['not a position', 'x'],
    ['a position without a number', `${newId()}:`],
    ['a position in another conversation', `${newId()}:3`],
  ])('refuses an id that is %s', async ([, lastId], { api }) => {
    const root = await ended(api, makeSession(), 1);
    const answer = await api.app.inject({
      url: `/v1/sessions/${root.id}/events${FOLLOW}`,
      headers: { accept: 'text/event-stream', 'last-event-id': lastId },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error: { details: { field: 'last-event-id' } } });
  });
});
