import { NO_TOTALS, newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { createClient } from '../../../packages/client/src/index.ts';
import { makeCompletedSession } from '../../support/factories.ts';
import { partsOf } from '../../support/keyed-api.ts';
import { claimAndWrite } from '../../support/writing.ts';
import { all, test } from './clients.ts';

describe('a client', () => {
  test('launches a session and reads it', async ({ client, api }) => {
    const launched = await client.launch({ query: 'hello', title: 'A title', metadata: { a: 1 } });
    expect(launched).toMatchObject({ status: 'queued', title: 'A title', metadata: { a: 1 } });
    expect(await client.get(launched.id)).toEqual(launched);
    const { config } = await client.get(launched.id, { include: 'config' });
    expect(config).toEqual({ query: 'hello' });
    expect(await api.queue.find(launched.id)).toMatchObject({ data: { kind: 'launch' } });
  });

  test('launches many sessions, each with its own result and idempotency key', async ({
    client,
  }) => {
    const launches = [
      { query: 'one' },
      { query: '' },
      { query: 'three', idempotency_key: 'my own' },
    ];
    const verdicts = await client.launchMany(launches);
    expect(verdicts).toMatchObject([
      { session: { query: 'one' }, idempotency_key: expect.stringMatching(/^[0-9a-f]{32}$/) },
      { error: { code: 'INVALID_REQUEST', status: 400, details: { field: 'query' } } },
      { session: { query: 'three' }, idempotency_key: 'my own' },
    ]);
    const again = await client.launchMany(
      verdicts.map(({ idempotency_key }, at) => ({ query: '', ...launches[at], idempotency_key })),
    );
    expect(again.map(sessionId)).toEqual(verdicts.map(sessionId));
  });

  test('continues a session that has ended', async ({ client, api }) => {
    const parent = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const child = await client.continue(parent.id, { query: 'go on', model: null });
    expect(child).toMatchObject({ kind: 'continue', parent_session_id: parent.id });
  });

  test('sends messages, lists them page by page, and takes one back', async ({ client }) => {
    const { id } = await client.launch({ query: 'talk to me' });
    const ids = [];
    for (const content of ['one', 'two', 'three'])
      ids.push((await client.send(id, { content })).id);
    const pages = await all(client.messages(id, { limit: 2 }).pages());
    expect(pages.map(({ items }) => items.map((one) => one.id))).toEqual([
      ids.slice(0, 2),
      ids.slice(2),
    ]);
    const [first = ''] = ids;
    expect(await client.cancelMessage(id, first)).toMatchObject({ status: 'cancelled' });
    expect(await client.get(id)).toMatchObject({ queued_messages: 2 });
    await client.cancel(id);
    await expect(client.cancelMessage(id, ids[1] ?? '')).rejects.toMatchObject({
      code: 'MESSAGE_NOT_QUEUED',
      details: { status: 'undelivered' },
    });
    expect(await client.get(id)).toMatchObject({ undelivered_messages: ids.slice(1) });
  });

  test('continues an ended session with a message if the caller asks for it', async ({
    client,
    api,
  }) => {
    const { id } = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
    const options = { idempotencyKey: newId() };
    const message = { content: 'go on', on_ended: 'continue' } as const;
    const sent = await client.send(id, message, options);
    expect(sent.status).toBe('continued');
    expect(await client.send(id, message, options)).toEqual(sent);
    expect(await client.get(sent.session_id)).toMatchObject({
      parent_session_id: id,
      query: 'go on',
    });
  });

  test('lists sessions page by page as its caller reads them', async ({ client }) => {
    const tag = newId();
    const launched = [];
    for (let count = 0; count < 5; count += 1) {
      launched.unshift((await client.launch({ query: `number ${count}`, tags: [tag] })).id);
    }
    const list = client.list({ tag, limit: 2 });
    expect((await all(list)).map(({ id }) => id)).toEqual(launched);
    const pages = await all(list.pages());
    expect(pages.map(({ items }) => items.length)).toEqual([2, 2, 1]);
    const rest = client.list({ tag, limit: 2, cursor: pages[0]?.next_cursor });
    expect((await all(rest)).map(({ id }) => id)).toEqual(launched.slice(2));
    expect(await all(client.list({ tag, status: 'running' }))).toEqual([]);
  });

  test('reads a conversation page by page', async ({ client, api }) => {
    const { id } = await client.launch({ query: 'hello' });
    const writing = await claimAndWrite(api.stores, id, api.queue.live);
    await writing.write(5);
    const events = await all(client.conversation(id, { limit: 2 }));
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(events[0]).toMatchObject({ session_id: id, type: 'assistant' });
  });

  test('cancels, interrupts and deletes sessions', async ({ client }) => {
    const first = await client.launch({ query: 'one' });
    expect(await client.cancel(first.id)).toMatchObject({ status: 'cancelled' });
    const second = await client.launch({ query: 'two' });
    expect(await client.interrupt(second.id)).toMatchObject({ id: second.id });
    expect(await client.delete(first.id)).toBe('gone');
    await expect(client.get(first.id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  test('returns the usage of sessions', async ({ client, api }) => {
    const tags = [newId()];
    const totals = { ...NO_TOTALS, cost_usd: 0.25 };
    await api.stores.sessions.insertIfAbsent(makeCompletedSession({ tags, totals }));
    const usage = await client.usage({ group_by: 'tag', tag: tags[0] });
    expect(usage.total).toMatchObject({ sessions: 1, cost_usd: 0.25 });
    expect(usage.groups).toMatchObject([{ group: tags[0], cost_usd: 0.25 }]);
  });

  test('creates, reads, changes and deletes schedules', async ({ client }) => {
    const { schedules } = client;
    const made = await schedules.create({ every_ms: 3_600_000, launch: { query: 'tidy up' } });
    expect(await schedules.get(made.id)).toEqual(made);
    expect((await all(schedules.list({ limit: 1 }))).map(({ id }) => id)).toEqual([made.id]);
    expect(await schedules.change(made.id, { enabled: false })).toMatchObject({ enabled: false });
    await schedules.delete(made.id);
    await expect(schedules.get(made.id)).rejects.toMatchObject({ code: 'SCHEDULE_NOT_FOUND' });
    await expect(schedules.delete(made.id)).rejects.toMatchObject({ attempts: 1 });
  });
});

describe('an error that the client throws', () => {
  test('has the error code, the HTTP status and the name of the invalid field', async ({
    client,
  }) => {
    await expect(client.launch({ query: '' })).rejects.toMatchObject({
      name: 'BatonError',
      code: 'INVALID_REQUEST',
      status: 400,
      details: { field: 'query' },
      attempts: 1,
    });
    const parent = client.continue(newId(), { query: 'go on' });
    await expect(parent).rejects.toMatchObject({ code: 'PARENT_NOT_FOUND', status: 404 });
    const { id } = await client.launch({ query: 'hello' });
    await client.cancel(id);
    const ended = { code: 'SESSION_TERMINAL', status: 409, attempts: 1 };
    await expect(client.cancel(id)).rejects.toMatchObject(ended);
  });

  test('reports a missing key or scope and does not contain the key', async ({ keyed }) => {
    const baseUrl = await keyed.app.listen({ host: '127.0.0.1', port: 0 });
    const { text } = await keyed.keys.create({ name: 'reader', tenant: 'default', scope: 'read' });
    const nobody = createClient({ baseUrl });
    await expect(all(nobody.list())).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      status: 401,
    });
    const events = nobody.events(newId());
    await expect(events.next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const reader = createClient({ baseUrl, apiKey: text });
    expect(await all(reader.list({ tag: newId() }))).toEqual([]);
    const launch = reader.launch({ query: 'hello' });
    await expect(launch).rejects.toMatchObject({ code: 'FORBIDDEN', status: 403 });
    const received = await launch.catch((error: Error) => JSON.stringify([error, error.stack]));
    expect(received).not.toContain(partsOf(text).secret);
  });
});

function sessionId(verdict: object): unknown {
  return 'session' in verdict ? (verdict.session as { id: string }).id : null;
}

describe('the files of a client', () => {
  test('are uploaded, described, downloaded byte for byte, and removed', async ({ client }) => {
    const bytes = new Uint8Array([0, 255, 10, 13, 128]);
    const file = await client.files.upload(bytes, { name: 'ümläut.bin' });
    expect(file).toMatchObject({ name: 'ümläut.bin', bytes: 5 });
    expect(await client.files.get(file.id)).toEqual(file);
    const blob = await client.files.download(file.id);
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(bytes);
    await client.files.delete(file.id);
    await expect(client.files.download(file.id)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(client.files.delete(file.id)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(await client.files.upload('text')).toMatchObject({ media_type: 'text/plain' });
    expect(await client.files.upload(new Blob(['text']))).toMatchObject({ bytes: 4 });
  });
});
