// GET /v1/events
import { newId } from '@baton/core/internal';
import { describe, expect, onTestFinished } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { openStream, type SseReader } from '../../../support/sse.ts';
import { claimAndWrite } from '../../../support/writing.ts';
import { test } from './streams.ts';

/** Opens a stream of status changes and waits until it is live. */
async function statuses(url: string, query = ''): Promise<SseReader> {
  const reader = await openStream(`${url}/v1/events${query}`);
  onTestFinished(() => reader.close());
  expect(await reader.next()).toEqual({ event: 'live', data: {} });
  return reader;
}

describe('the stream of all statuses', () => {
  test('sends each later status change of each session', async ({ api, url }) => {
    await api.stores.sessions.insertIfAbsent(makeSession());
    const reader = await statuses(url);
    const launched = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { query: 'hi', title: 'A title', tags: ['a', 'b'] },
    });
    const { id } = launched.json();
    expect(await reader.next()).toEqual({
      event: 'status',
      data: {
        id,
        root_session_id: id,
        status: 'queued',
        last_event_seq: 0,
        title: 'A title',
        tags: ['a', 'b'],
        at: expect.any(String),
      },
    });
    const writing = await claimAndWrite(api.stores, id, api.queue.live);
    expect(await reader.next()).toMatchObject({ data: { id, status: 'starting' } });
    await writing.write(3); // these are events, not status changes, so the stream sends nothing
    await writing.complete();
    const last = { id, status: 'completed', last_event_seq: 3 };
    expect(await reader.next()).toMatchObject({ data: last });
  });

  test('with a tag sends only the changes of sessions that have the tag', async ({ api, url }) => {
    const tag = newId();
    const reader = await statuses(url, `?tag=${tag}`);
    const launch = (tags: string[]) =>
      api.app.inject({ method: 'POST', url: '/v1/sessions', payload: { query: 'hi', tags } });
    await launch(['other']);
    const { id } = (await launch(['other', tag])).json();
    expect(await reader.next()).toMatchObject({ data: { id, tags: ['other', tag] } });
    await api.app.inject({ method: 'POST', url: `/v1/sessions/${id}/cancel` });
    expect(await reader.next()).toMatchObject({ data: { id, status: 'cancelled' } });
  });

  test('sends the failure of a session that was refused when it was adopted', async ({
    api,
    url,
  }) => {
    const reader = await statuses(url);
    const id = newId();
    const job = { version: 1, kind: 'launch', id, config: {} };
    await api.queue.bull.add('launch', job, { jobId: id });
    await api.app.inject({ url: `/v1/sessions/${id}` });
    expect(await reader.next()).toMatchObject({ data: { id, status: 'failed' } });
  });

  test('refuses an unknown parameter', async ({ api }) => {
    const answer = await api.app.inject({ url: '/v1/events?status=running' });
    expect(answer.statusCode).toBe(400);
  });
});
