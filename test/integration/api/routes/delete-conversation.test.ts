import { newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { test } from '../../../support/api.ts';
import { makeChild, makeCompletedSession, makeLaunchJob } from '../../../support/factories.ts';

describe('DELETE /v1/sessions/:id', () => {
  test('removes all sessions of the conversation', async ({ api }) => {
    const root = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const child = await api.stores.sessions.insertIfAbsent(
      makeChild(root, { status: 'failed', end_time: new Date() }),
    );

    const answer = await api.app.inject({ method: 'DELETE', url: `/v1/sessions/${child.id}` });

    expect(answer.statusCode, answer.body).toBe(204);
    expect(answer.body).toBe('');
    for (const { id } of [root, child]) {
      expect((await api.app.inject({ url: `/v1/sessions/${id}` })).statusCode).toBe(404);
    }
    const again = await api.app.inject({ method: 'DELETE', url: `/v1/sessions/${root.id}` });
    expect(again.statusCode).toBe(204);
  });

  test('answers 409 and names the sessions that have not ended', async ({ api }) => {
    const root = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const child = await api.stores.sessions.insertIfAbsent(makeChild(root));

    const answer = await api.app.inject({ method: 'DELETE', url: `/v1/sessions/${root.id}` });

    expect(answer.statusCode).toBe(409);
    expect(answer.json().error).toMatchObject({
      code: 'SESSION_NOT_TERMINAL',
      details: { status: 'queued', sessions: [child.id] },
    });
  });

  test('answers 409 for a session that is only in the queue', async ({ api }) => {
    const job = makeLaunchJob();
    await api.queue.add(job);
    const answer = await api.app.inject({ method: 'DELETE', url: `/v1/sessions/${job.id}` });
    expect(answer.json().error).toMatchObject({ code: 'SESSION_NOT_TERMINAL' });
  });

  test('answers 404 for an unknown session', async ({ api }) => {
    const answer = await api.app.inject({ method: 'DELETE', url: `/v1/sessions/${newId()}` });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.code).toBe('SESSION_NOT_FOUND');
  });

  test('makes a later continue answer 404', async ({ api }) => {
    const root = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    await api.app.inject({ method: 'DELETE', url: `/v1/sessions/${root.id}` });
    const answer = await api.app.inject({
      method: 'POST',
      url: `/v1/sessions/${root.id}/continue`,
      payload: { query: 'go on' },
    });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.code).toBe('PARENT_NOT_FOUND');
  });
});
