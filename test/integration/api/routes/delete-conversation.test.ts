import { newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { test } from '../../../support/api.ts';
import { makeChild, makeCompletedSession, makeLaunchJob } from '../../../support/factories.ts';

describe('DELETE /v1/sessions/:id', () => {
  test('removes the whole conversation; no part of it is found any more', async ({ api }) => {
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

  test('a conversation that has not ended answers 409 and names what runs', async ({ api }) => {
    const root = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const child = await api.stores.sessions.insertIfAbsent(makeChild(root));

    const answer = await api.app.inject({ method: 'DELETE', url: `/v1/sessions/${root.id}` });

    expect(answer.statusCode).toBe(409);
    expect(answer.json().error).toMatchObject({
      code: 'SESSION_NOT_TERMINAL',
      details: { status: 'queued', sessions: [child.id] },
    });
  });

  test('a session that only the queue knows has not ended', async ({ api }) => {
    const job = makeLaunchJob();
    await api.queue.add(job);
    const answer = await api.app.inject({ method: 'DELETE', url: `/v1/sessions/${job.id}` });
    expect(answer.json().error).toMatchObject({ code: 'SESSION_NOT_TERMINAL' });
  });

  test('an unknown session answers 404', async ({ api }) => {
    const answer = await api.app.inject({ method: 'DELETE', url: `/v1/sessions/${newId()}` });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.code).toBe('SESSION_NOT_FOUND');
  });

  test('continuing a conversation that was deleted answers 404', async ({ api }) => {
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
