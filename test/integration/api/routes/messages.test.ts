import { newId, PENDING_MAX_BYTES } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, test } from '../../../support/api.ts';
import { makeCompletedSession, makeLaunchJob, makeSession } from '../../../support/factories.ts';

const send = (api: Api, id: string, payload: object, headers: Record<string, string> = {}) =>
  api.app.inject({ method: 'POST', url: `/v1/sessions/${id}/messages`, payload, headers });

const list = async (api: Api, id: string, query = '') =>
  (await api.app.inject({ url: `/v1/sessions/${id}/messages${query}` })).json();

const cancel = (api: Api, id: string, messageId: string) =>
  api.app.inject({ method: 'DELETE', url: `/v1/sessions/${id}/messages/${messageId}` });

const queued = async (api: Api) => (await api.stores.sessions.insertIfAbsent(makeSession())).id;

describe('POST /v1/sessions/:id/messages', () => {
  test('accepts a message, which the session then counts and lists', async ({ api }) => {
    const id = await queued(api);
    const answer = await send(api, id, { content: 'use tabs', priority: 'later' });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ id: expect.any(String), status: 'queued', session_id: id });
    const info = (await api.app.inject({ url: `/v1/sessions/${id}` })).json();
    expect(info).toMatchObject({ status: 'queued', queued_messages: 1 });
    expect(info).not.toHaveProperty('undelivered_messages');
    expect(await list(api, id)).toEqual({
      messages: [
        {
          id: answer.json().id,
          session_id: id,
          content: 'use tabs',
          priority: 'later',
          status: 'queued',
          created_at: expect.any(String),
        },
      ],
    });
  });

  test('accepts a message to a session that is only in the queue', async ({ api }) => {
    const job = makeLaunchJob();
    await api.queue.add(job);
    expect((await send(api, job.id, { content: 'hello' })).statusCode).toBe(202);
    expect(await api.stores.sessions.get(job.id)).toMatchObject({
      pending_messages: [{ bytes: 5 }],
      requires: ['messages'],
    });
  });

  test('answers a repeated request with the same message', async ({ api }) => {
    const id = await queued(api);
    const headers = { 'idempotency-key': 'key-1' };
    const first = await send(api, id, { content: 'hello' }, headers);
    const again = await send(api, id, { content: 'hello' }, headers);
    expect(again.json()).toEqual(first.json());
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    expect(again.headers).toHaveProperty('idempotency-replayed', 'true');
    const other = await send(api, id, { content: 'bye' }, headers);
    expect(other.json().error).toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
      details: { field: 'idempotency_key', id: first.json().id },
    });
    const elsewhere = await send(api, await queued(api), { content: 'bye' }, headers);
    expect(elsewhere.statusCode).toBe(202);
    expect((await list(api, id)).messages).toHaveLength(1);
  });

  test.for([
    [{}, 'content'],
    [{ content: ' ' }, 'content'],
    [{ content: 'a\0b' }, 'content'],
    [{ content: 'a', priority: 'soon' }, 'priority'],
    [{ content: 'a', on_ended: 'wait' }, 'on_ended'],
    [{ content: 'a', model: 'haiku' }, 'model'],
  ] as const)('refuses %j and names the field', async ([payload, field], { api }) => {
    const answer = await send(api, await queued(api), payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({ code: 'INVALID_REQUEST', details: { field } });
  });

  test('refuses a message to a session that does not exist', async ({ api }) => {
    const answer = await send(api, newId(), { content: 'hello' });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.code).toBe('SESSION_NOT_FOUND');
  });

  test('refuses a message to a session that has ended', async ({ api }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const answer = await send(api, id, { content: 'hello' });
    expect(answer.statusCode).toBe(409);
    expect(answer.json().error).toMatchObject({
      code: 'SESSION_TERMINAL',
      details: { status: 'completed' },
    });
    expect(await list(api, id)).toEqual({ messages: [] });
  });

  test('continues a session that has ended if the request asks for it, once per key', async ({
    api,
  }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const headers = { 'idempotency-key': 'key-2' };
    const payload = { content: 'and now?', on_ended: 'continue' };
    const first = await send(api, id, payload, headers);
    expect(first.statusCode).toBe(202);
    expect(first.json()).toMatchObject({ status: 'continued' });
    const { session_id } = first.json();
    expect(await api.stores.sessions.get(session_id)).toMatchObject({
      kind: 'continue',
      parent_session_id: id,
      query: 'and now?',
    });
    const again = await send(api, id, payload, headers);
    expect(again.json()).toEqual(first.json());
    expect(again.headers).toHaveProperty('idempotency-replayed', 'true');
    expect(await list(api, id)).toEqual({ messages: [] });
  });

  test('refuses to continue a session without a transcript', async ({ api }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(
      makeSession({ status: 'failed', end_time: new Date() }),
    );
    const answer = await send(api, id, { content: 'again', on_ended: 'continue' });
    expect(answer.statusCode).toBe(409);
    expect(answer.json().error.code).toBe('PARENT_NOT_RESUMABLE');
  });

  test('refuses a message beyond the bounds, and says which bound', async ({ api }) => {
    const pending = Array.from({ length: 100 }, () => ({ id: newId(), bytes: 10 }));
    const many = await api.stores.sessions.insertIfAbsent(
      makeSession({ pending_messages: pending }),
    );
    const full = await send(api, many.id, { content: 'hello' });
    expect(full.statusCode).toBe(429);
    expect(full.headers).toHaveProperty('retry-after', '5');
    expect(full.json().error).toMatchObject({
      code: 'TOO_MANY_MESSAGES',
      details: { over: 'messages', messages: 100, bytes: 1000 },
    });
    const large = await api.stores.sessions.insertIfAbsent(
      makeSession({ pending_messages: [{ id: newId(), bytes: PENDING_MAX_BYTES - 5 }] }),
    );
    const heavy = await send(api, large.id, { content: 'grüße' });
    expect(heavy.statusCode).toBe(429);
    expect(heavy.json().error.details).toMatchObject({ over: 'bytes', messages: 1 });
    expect((await send(api, large.id, { content: 'hello' })).statusCode).toBe(202);
    expect((await list(api, many.id)).messages).toEqual([]);
    expect((await list(api, large.id)).messages).toHaveLength(1);
  });

  test('refuses a body of more than 1 MiB', async ({ api }) => {
    const answer = await send(api, await queued(api), { content: 'a'.repeat(PENDING_MAX_BYTES) });
    expect(answer.statusCode).toBe(413);
    expect(answer.json().error.code).toBe('PAYLOAD_TOO_LARGE');
  });
});

describe('GET /v1/sessions/:id/messages', () => {
  test('lists the messages oldest first, in pages', async ({ api }) => {
    const id = await queued(api);
    const ids: string[] = [];
    for (const content of ['one', 'two', 'three']) {
      ids.push((await send(api, id, { content })).json().id);
    }
    const first = await list(api, id, '?limit=2');
    expect(first.messages.map((one: { id: string }) => one.id)).toEqual(ids.slice(0, 2));
    const second = await list(api, id, `?limit=2&cursor=${first.next_cursor}`);
    expect(second.messages.map((one: { id: string }) => one.id)).toEqual(ids.slice(2));
    expect(second).not.toHaveProperty('next_cursor');
  });

  test('says undelivered after the session has ended, and Info lists the ids', async ({ api }) => {
    const id = await queued(api);
    const message = (await send(api, id, { content: 'hello' })).json();
    await api.stop.cancelSession(id);
    expect((await list(api, id)).messages).toMatchObject([{ status: 'undelivered' }]);
    const info = (await api.app.inject({ url: `/v1/sessions/${id}` })).json();
    expect(info).toMatchObject({ status: 'cancelled', undelivered_messages: [message.id] });
    expect(info).not.toHaveProperty('queued_messages');
  });

  test('answers 404 for an unknown session', async ({ api }) => {
    expect((await list(api, newId())).error.code).toBe('SESSION_NOT_FOUND');
  });
});

describe('DELETE /v1/sessions/:id/messages/:message_id', () => {
  test('takes a message back, also if the request is repeated', async ({ api }) => {
    const id = await queued(api);
    const message = (await send(api, id, { content: 'hello' })).json();
    const answer = await cancel(api, id, message.id);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      id: message.id,
      status: 'cancelled',
      cancelled_at: expect.any(String),
    });
    expect((await cancel(api, id, message.id)).json()).toEqual(answer.json());
    expect((await list(api, id)).messages).toEqual([answer.json()]);
    const info = (await api.app.inject({ url: `/v1/sessions/${id}` })).json();
    expect(info).not.toHaveProperty('queued_messages');
  });

  test('is refused for a message that a worker has sent', async ({ api, db }) => {
    const id = await queued(api);
    const message = (await send(api, id, { content: 'hello' })).json();
    await db
      .collection<{ _id: string }>('sessions')
      .updateOne({ _id: id }, { $set: { 'pending_messages.0.sent_by': 1 } });
    const answer = await cancel(api, id, message.id);
    expect(answer.statusCode).toBe(409);
    expect(answer.json().error).toMatchObject({
      code: 'MESSAGE_NOT_QUEUED',
      details: { status: 'queued' },
    });
    expect((await list(api, id)).messages).toMatchObject([{ status: 'queued' }]);
  });

  test('is refused after the session has ended', async ({ api }) => {
    const id = await queued(api);
    const message = (await send(api, id, { content: 'hello' })).json();
    await api.stop.cancelSession(id);
    const answer = await cancel(api, id, message.id);
    expect(answer.statusCode).toBe(409);
    expect(answer.json().error.details).toEqual({ status: 'undelivered' });
  });

  test('is refused for a message of another session, and for an unknown session', async ({
    api,
  }) => {
    const id = await queued(api);
    const message = (await send(api, id, { content: 'hello' })).json();
    const answer = await cancel(api, await queued(api), message.id);
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.code).toBe('MESSAGE_NOT_FOUND');
    expect((await cancel(api, newId(), message.id)).json().error.code).toBe('SESSION_NOT_FOUND');
  });
});
