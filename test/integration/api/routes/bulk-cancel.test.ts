import { newId, type Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, test } from '../../../support/api.ts';
import { makeCompletedSession, makeLaunchJob, makeSession } from '../../../support/factories.ts';

const post = (api: Api, payload: object) =>
  api.app.inject({ method: 'POST', url: '/v1/sessions/cancel', payload });

const running: Partial<Session> = {
  status: 'running',
  lease: { owner: 'worker-1', fence: 1, expires_at: new Date(Date.now() + 60_000) },
};

describe('POST /v1/sessions/cancel', () => {
  test('gives each id its own verdict, in the order of the ids', async ({ api }) => {
    const { sessions } = api.stores;
    const queued = await sessions.insertIfAbsent(makeSession());
    const busy = await sessions.insertIfAbsent(makeSession(running));
    const ended = await sessions.insertIfAbsent(makeCompletedSession());
    const unknown = newId();
    const onlyJob = makeLaunchJob();
    await api.queue.add(onlyJob);
    const ids = [busy.id, unknown, queued.id, ended.id, onlyJob.id, queued.id];
    const answer = await post(api, { ids });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      results: [
        { id: busy.id, status: 'running' },
        { id: unknown, error: expect.objectContaining({ code: 'SESSION_NOT_FOUND' }) },
        { id: queued.id, status: 'cancelled' },
        {
          id: ended.id,
          error: expect.objectContaining({
            code: 'SESSION_TERMINAL',
            details: { status: 'completed' },
          }),
        },
        { id: onlyJob.id, status: 'cancelled' },
        { id: queued.id, status: 'cancelled' },
      ],
      has_more: false,
    });
    expect(await sessions.get(busy.id)).toHaveProperty('cancel_requested_at');
    expect(await sessions.get(ended.id)).toEqual(ended);
    expect(await api.queue.find(onlyJob.id)).toBeNull();
  });

  test('cancels the sessions with a tag, newest first, and leaves the others', async ({ api }) => {
    const { sessions } = api.stores;
    const tags = ['other', newId()];
    const made: Session[] = [];
    for (let age = 3; age > 0; age -= 1) {
      const created_at = new Date(Date.now() - age * 1_000);
      made.push(await sessions.insertIfAbsent(makeSession({ tags, created_at })));
    }
    const busy = await sessions.insertIfAbsent(makeSession({ ...running, tags }));
    const ended = await sessions.insertIfAbsent(makeCompletedSession({ tags }));
    const other = await sessions.insertIfAbsent(makeSession({ tags: ['other'] }));
    const tag = tags[1];
    expect((await post(api, { tag })).json()).toEqual({
      results: [
        { id: busy.id, status: 'running' },
        ...made.reverse().map(({ id }) => ({ id, status: 'cancelled' })),
      ],
      has_more: false,
    });
    for (const { id } of [ended, other]) {
      expect(await sessions.get(id)).not.toHaveProperty('cancel_requested_at');
    }
    // The running session was asked to cancel, so nothing is left to do.
    expect((await post(api, { tag })).json()).toEqual({ results: [], has_more: false });
  });

  test('cancels 1,000 sessions of a tag and says that more remain', async ({ api }) => {
    const tag = newId();
    const many = Array.from({ length: 1_002 }, () => makeSession({ ...running, tags: [tag] }));
    await api.stores.sessions.insertManyIfAbsent(many);
    const first = (await post(api, { tag })).json();
    expect(first.has_more).toBe(true);
    const rest = (await post(api, { tag })).json();
    expect([first.results.length, rest.results.length, rest.has_more]).toEqual([1_000, 2, false]);
    const results = [...first.results, ...rest.results] as { id: string; status: string }[];
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['running']));
    expect(new Set(results.map(({ id }) => id)).size).toBe(1_002);
  });

  test('has no result for a tag that no session has', async ({ api }) => {
    expect((await post(api, { tag: newId() })).json()).toEqual({ results: [], has_more: false });
  });

  test.for<[payload: object, field: string]>([
    [{}, 'ids'],
    [{ ids: [newId()], tag: 't' }, 'ids'],
    [{ ids: [] }, 'ids'],
    [{ ids: ['x'] }, 'ids.0'],
    [{ ids: Array.from({ length: 1_001 }, newId) }, 'ids'],
    [{ tag: '' }, 'tag'],
    [{ tag: { $ne: '' } }, 'tag'],
    [{ tag: 't', status: 'queued' }, 'status'],
  ])('refuses the invalid selection %#', async ([payload, field], { api }) => {
    const answer = await post(api, payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({ code: 'INVALID_REQUEST', details: { field } });
  });
});
