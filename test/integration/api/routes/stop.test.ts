import { newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { test } from '../../../support/api.ts';
import { makeCompletedSession, makeLaunchJob, makeSession } from '../../../support/factories.ts';

describe.each(['cancel', 'interrupt'])('POST /v1/sessions/:id/%s', (verb) => {
  test('answers 404 for an unknown session', async ({ api }) => {
    const answer = await api.app.inject({ method: 'POST', url: `/v1/sessions/${newId()}/${verb}` });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.code).toBe('SESSION_NOT_FOUND');
  });

  test('answers 409 with the status of a terminal session', async ({ api }) => {
    const session = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const answer = await api.app.inject({
      method: 'POST',
      url: `/v1/sessions/${session.id}/${verb}`,
    });
    expect(answer.statusCode).toBe(409);
    expect(answer.json().error).toMatchObject({
      code: 'SESSION_TERMINAL',
      details: { status: 'completed' },
    });
    expect(await api.stores.sessions.get(session.id)).toEqual(session);
  });

  test('cancels a session that never started and removes its job', async ({ api }) => {
    const launched = await api.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { query: 'never mind' },
    });
    const { id } = launched.json();
    const answer = await api.app.inject({ method: 'POST', url: `/v1/sessions/${id}/${verb}` });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ id, status: 'cancelled', end_time: expect.any(String) });
    expect(await api.queue.find(id)).toBeNull();
  });

  test('cancels a session that is only in the queue', async ({ api }) => {
    const job = makeLaunchJob();
    await api.queue.add(job);
    const answer = await api.app.inject({ method: 'POST', url: `/v1/sessions/${job.id}/${verb}` });
    expect(answer.json()).toMatchObject({ id: job.id, status: 'cancelled' });
  });

  test('stores the request for a running session once, even if it is repeated', async ({ api }) => {
    const running = makeSession({
      status: 'running',
      lease: { owner: 'worker-1', fence: 1, expires_at: new Date(Date.now() + 60_000) },
    });
    await api.stores.sessions.insertIfAbsent(running);
    const url = `/v1/sessions/${running.id}/${verb}`;
    const first = await api.app.inject({ method: 'POST', url });
    const asked = await api.stores.sessions.get(running.id);
    const second = await api.app.inject({ method: 'POST', url });
    expect([first.statusCode, second.statusCode]).toEqual([202, 202]);
    expect(first.json()).toMatchObject({ status: 'running' });
    expect(asked?.[`${verb as 'cancel' | 'interrupt'}_requested_at`]).toBeInstanceOf(Date);
    expect(await api.stores.sessions.get(running.id)).toEqual(asked);
  });
});
