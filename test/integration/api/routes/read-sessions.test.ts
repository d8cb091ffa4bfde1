import { defined, type Event, infoSchema, newId, promptLine } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, test } from '../../../support/api.ts';
import { makeChild, makeCompletedSession, makeSession } from '../../../support/factories.ts';

function makeEvents(sessionId: string, count: number): Event[] {
  return Array.from({ length: count }, (_, i) => ({
    session_id: sessionId,
    seq: i + 1,
    attempt: 1,
    fence: 1,
    type: i === 0 ? 'user' : 'assistant',
    ...defined({ subtype: i === 0 ? 'prompt' : undefined }),
    created_at: new Date('2026-01-01T00:00:00Z'),
    raw: i === 0 ? promptLine(sessionId, 'hi', sessionId) : `{"type":"assistant","n":${i + 1}}`,
  }));
}

async function read(api: Api, url: string) {
  const answer = await api.app.inject({ url });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

describe('GET /v1/sessions/:id', () => {
  test('includes the config only on request', async ({ api }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeSession());
    expect(await read(api, `/v1/sessions/${id}`)).not.toHaveProperty('config');
    const info = infoSchema.parse(await read(api, `/v1/sessions/${id}?include=config`));
    expect(info.config).toEqual({ query: 'say hello' });
  });

  test('finds a session that was enqueued straight into BullMQ, and its events', async ({
    api,
  }) => {
    const [first, second] = [newId(), newId()];
    const enqueue = (id: string) =>
      api.queue.bull.add(
        'launch',
        { version: 1, kind: 'launch', id, config: { query: 'by hand' } },
        { jobId: id },
      );
    await enqueue(first);
    await enqueue(second);
    expect(await read(api, `/v1/sessions/${first}`)).toMatchObject({
      id: first,
      status: 'queued',
      query: 'by hand',
    });
    expect(await read(api, `/v1/sessions/${second}/events`)).toEqual({
      events: [],
      last_event_seq: 0,
      next_after: 0,
    });
    const { sessions } = await read(api, '/v1/sessions');
    expect(sessions.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining([first, second]),
    );
  });

  test('shows an invalid job as a failed session and names the field', async ({ api }) => {
    const id = newId();
    await api.queue.bull.add(
      'launch',
      { version: 1, kind: 'launch', id, config: {} },
      { jobId: id },
    );
    expect(await read(api, `/v1/sessions/${id}`)).toMatchObject({
      status: 'failed',
      failure: { code: 'INVALID_REQUEST', field: 'config.query' },
    });
  });
});

describe('GET /v1/sessions', () => {
  test('returns all sessions in pages, newest first, each once', async ({ api }) => {
    const tag = newId();
    const times = [3, 1, 2, 2, 2];
    const made = times.map((day) =>
      makeSession({ tags: [tag], created_at: new Date(`2026-01-0${day}T00:00:00Z`) }),
    );
    await Promise.all(made.map((session) => api.stores.sessions.insertIfAbsent(session)));
    const seen: { id: string; created_at: string }[] = [];
    let cursor = '';
    do {
      const page = await read(api, `/v1/sessions?tag=${tag}&limit=2${cursor}`);
      expect(page.sessions.length).toBeLessThanOrEqual(2);
      seen.push(...page.sessions);
      cursor = page.next_cursor ? `&cursor=${page.next_cursor}` : '';
    } while (cursor);
    const order = (a: { created_at: string; id: string }) => `${a.created_at} ${a.id}`;
    expect(seen.map(order)).toEqual(seen.map(order).sort().reverse());
    expect(seen.map(({ id }) => id).sort()).toEqual(made.map(({ id }) => id).sort());
  });

  test('returns cursors that other lists refuse', async ({ api }) => {
    const tag = newId();
    for (let n = 0; n < 2; n += 1) {
      await api.stores.sessions.insertIfAbsent(makeSession({ tags: [tag] }));
    }
    const { next_cursor } = await read(api, `/v1/sessions?tag=${tag}&limit=1`);
    const { id } = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    for (const list of ['/v1/schedules', `/v1/sessions/${id}/conversation`]) {
      const answer = await api.app.inject({ url: `${list}?cursor=${next_cursor}` });
      expect(answer.json(), list).toMatchObject({
        error: { code: 'INVALID_REQUEST', details: { field: 'cursor' } },
      });
    }
  });

  test('filters by status, parent, conversation and tag', async ({ api }) => {
    const tag = newId();
    const root = await api.stores.sessions.insertIfAbsent(makeCompletedSession({ tags: [tag] }));
    const child = await api.stores.sessions.insertIfAbsent(makeChild(root, { tags: [tag] }));
    const grandchild = await api.stores.sessions.insertIfAbsent(
      makeChild({ ...root, id: child.id }, { tags: [tag], status: 'cancelled' }),
    );
    const ids = async (query: string) =>
      (await read(api, `/v1/sessions?${query}`)).sessions.map((one: { id: string }) => one.id);
    expect(await ids(`tag=${tag}&status=queued`)).toEqual([child.id]);
    expect(await ids(`tag=${tag}&status=cancelled`)).toEqual([grandchild.id]);
    expect(await ids(`parent_session_id=${root.id}`)).toEqual([child.id]);
    expect((await ids(`root_session_id=${root.id}`)).sort()).toEqual(
      [root.id, child.id, grandchild.id].sort(),
    );
    expect(await ids(`tag=${newId()}`)).toEqual([]);
  });
});

describe('GET /v1/sessions/:id/events', () => {
  test('returns the unchanged lines in pages up to the last committed event', async ({ api }) => {
    const session = await api.stores.sessions.insertIfAbsent(
      makeSession({ status: 'running', last_event_seq: 5 }),
    );
    // The sixth event was written but not committed, so readers must not see it.
    const events = makeEvents(session.id, 6);
    await api.stores.events.insert(events);
    const url = `/v1/sessions/${session.id}/events`;
    const first = await read(api, `${url}?limit=2`);
    expect(first).toMatchObject({ last_event_seq: 5, next_after: 2 });
    expect(first.events).toEqual([
      {
        seq: 1,
        attempt: 1,
        type: 'user',
        subtype: 'prompt',
        created_at: '2026-01-01T00:00:00.000Z',
        raw: events[0]?.raw,
      },
      {
        seq: 2,
        attempt: 1,
        type: 'assistant',
        created_at: '2026-01-01T00:00:00.000Z',
        raw: '{"type":"assistant","n":2}',
      },
    ]);
    const rest = await read(api, `${url}?after=${first.next_after}`);
    expect(rest.events.map(({ seq }: { seq: number }) => seq)).toEqual([3, 4, 5]);
    expect(rest.next_after).toBe(5);
    expect(await read(api, `${url}?after=5`)).toEqual({
      events: [],
      last_event_seq: 5,
      next_after: 5,
    });
  });
});

describe('GET /v1/sessions/:id/conversation', () => {
  test("returns the events from the root's first to the session's last", async ({ api }) => {
    const root = await api.stores.sessions.insertIfAbsent(
      makeCompletedSession({ last_event_seq: 2 }),
    );
    const child = await api.stores.sessions.insertIfAbsent(
      makeChild(root, { status: 'running', last_event_seq: 2 }),
    );
    await api.stores.events.insert([...makeEvents(root.id, 2), ...makeEvents(child.id, 2)]);
    const url = `/v1/sessions/${child.id}/conversation`;
    const whole = await read(api, url);
    const locations = whole.events.map((event: { session_id: string; seq: number }) => [
      event.session_id,
      event.seq,
    ]);
    expect(locations).toEqual([
      [root.id, 1],
      [root.id, 2],
      [child.id, 1],
      [child.id, 2],
    ]);
    const first = await read(api, `${url}?limit=3`);
    const second = await read(api, `${url}?limit=3&cursor=${first.next_cursor}`);
    expect([...first.events, ...second.events]).toEqual(whole.events);
    const foreign = await api.app.inject({
      url: `/v1/sessions/${root.id}/conversation?cursor=${first.next_cursor}`,
    });
    expect(foreign.json().error.code).toBe('INVALID_REQUEST');
  });
});
