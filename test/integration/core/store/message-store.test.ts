import { defined, newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { test } from '../stores.ts';

const newMessage = (fields: { id?: string; session_id?: string; content?: string } = {}) => ({
  id: newId(),
  session_id: newId(),
  root_session_id: newId(),
  content: 'use tabs',
  priority: 'next' as const,
  ...fields,
});

describe('the messages of a session', () => {
  test('are stored with their content and the time', async ({ stores }) => {
    const message = newMessage({ content: 'grüße, 漢字, 🎉' });
    const stored = await stores.messages.insertIfAbsent(message);
    expect(stored).toEqual({
      ...message,
      created_at: expect.any(Date),
      accepting_since: stored.created_at,
    });
    expect(await stores.messages.get(message.session_id, message.id)).toEqual(stored);
    expect(await stores.messages.get(newId(), message.id)).toBeNull();
  });

  test('keep the first content if an id is used twice', async ({ stores }) => {
    const message = newMessage();
    const stored = await stores.messages.insertIfAbsent(message);
    await stores.messages.noteAccepted(message.id);
    const again = await stores.messages.insertIfAbsent({ ...message, content: 'use spaces' });
    expect(again).toEqual({ ...message, created_at: stored.created_at });
  });

  test('are listed oldest first, in pages', async ({ stores }) => {
    const session_id = newId();
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      ids.push((await stores.messages.insertIfAbsent(newMessage({ session_id }))).id);
    }
    await stores.messages.insertIfAbsent(newMessage());
    const seen: string[][] = [];
    for (let cursor: string | undefined; ; ) {
      const page = { limit: 2, ...defined({ cursor }) };
      const { messages, next_cursor } = await stores.messages.list(session_id, page);
      seen.push(messages.map(({ id }) => id));
      if (next_cursor === undefined) break;
      cursor = next_cursor;
    }
    expect(seen).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  });

  test('have no page for a cursor of another list', async ({ stores }) => {
    await Promise.all([1, 2].map(() => stores.sessions.insertIfAbsent(makeSession())));
    const { next_cursor = '' } = await stores.sessions.list({ limit: 1 });
    await expect(
      stores.messages.list(newId(), { limit: 1, cursor: next_cursor }),
    ).rejects.toMatchObject({ code: 'INVALID_REQUEST', details: { field: 'cursor' } });
  });

  test('are found by their ids, in the same order', async ({ stores }) => {
    const stored = [];
    for (let count = 0; count < 3; count += 1) {
      stored.push(await stores.messages.insertIfAbsent(newMessage()));
    }
    const [first, second, third] = stored.map(({ id }) => id);
    const found = await stores.messages.getMany([third, newId(), first, second] as string[]);
    expect(found.map(({ id }) => id)).toEqual([third, first, second]);
  });

  test('that cannot be read are left out of lists', async ({ stores, db }) => {
    const session_id = newId();
    const { id } = await stores.messages.insertIfAbsent(newMessage({ session_id }));
    const broken = await stores.messages.insertIfAbsent(newMessage({ session_id }));
    const raw = db.collection<{ _id: string }>('messages');
    await raw.updateOne({ _id: broken.id }, { $set: { content: 7 } });
    const { messages } = await stores.messages.list(session_id, { limit: 10 });
    expect(messages.map((one) => one.id)).toEqual([id]);
    expect(await stores.messages.getMany([broken.id])).toEqual([]);
    await expect(stores.messages.get(session_id, broken.id)).rejects.toMatchObject({
      code: 'INTERNAL',
      details: { field: 'content' },
    });
  });

  test('are removed if the session refused them, unless a caller tries again', async ({
    stores,
  }) => {
    const message = newMessage();
    const first = await stores.messages.insertIfAbsent(message);
    const again = await stores.messages.insertIfAbsent(message);
    expect(again).toMatchObject({ ...message, created_at: first.created_at });
    await stores.messages.removeRefused(first);
    expect(await stores.messages.get(message.session_id, message.id)).toEqual(again);
    await stores.messages.removeRefused(again);
    expect(await stores.messages.get(message.session_id, message.id)).toBeNull();
  });

  test('are not removed once they are known to be accepted', async ({ stores }) => {
    const message = newMessage();
    const first = await stores.messages.insertIfAbsent(message);
    await stores.messages.noteAccepted(message.id);
    await stores.messages.removeRefused(first);
    await stores.messages.removeRefused(await stores.messages.insertIfAbsent(message));
    expect(await stores.messages.get(message.session_id, message.id)).not.toBeNull();
  });
});

describe('a delivered message', () => {
  test('has the time and the event, and is no longer cancelled', async ({ stores }) => {
    const session_id = newId();
    const [first, second] = [newMessage({ session_id }), newMessage({ session_id })];
    for (const message of [first, second]) await stores.messages.insertIfAbsent(message);
    await stores.messages.setCancelled(first.id);
    await stores.messages.setDelivered([{ id: first.id, seq: 3 }, { id: second.id }], 1);
    const [one, two] = (await stores.messages.list(session_id, { limit: 2 })).messages;
    const times = { created_at: expect.any(Date), delivered_at: expect.any(Date) };
    expect(one).toEqual({ ...first, ...times, seq: 3 });
    expect(two).toEqual({ ...second, ...times });
    expect(await stores.messages.listDelivered(session_id)).toEqual([
      { id: first.id, seq: 3 },
      { id: second.id },
    ]);
  });

  test('can become undelivered again', async ({ stores }) => {
    const { id, session_id } = await stores.messages.insertIfAbsent(newMessage());
    await stores.messages.setDelivered([{ id, seq: 3 }], 1);
    await stores.messages.setUndelivered([id], 1);
    const stored = await stores.messages.get(session_id, id);
    expect(stored).not.toHaveProperty('delivered_at');
    expect(stored).not.toHaveProperty('seq');
    expect(await stores.messages.listDelivered(session_id)).toEqual([]);
  });

  test('is what the newest attempt says, and not what a lost attempt says later', async ({
    stores,
  }) => {
    const { id, session_id } = await stores.messages.insertIfAbsent(newMessage());
    await stores.messages.setDelivered([{ id, seq: 9 }], 2);
    await stores.messages.setDelivered([{ id, seq: 3 }], 1);
    expect(await stores.messages.get(session_id, id)).toMatchObject({ seq: 9 });
    await stores.messages.setUndelivered([id], 3);
    await stores.messages.setDelivered([{ id, seq: 9 }], 2);
    expect(await stores.messages.get(session_id, id)).not.toHaveProperty('delivered_at');
  });
});

test('a withdrawn message stays cancelled, also if a lost attempt delivers it', async ({
  stores,
}) => {
  const { id, session_id } = await stores.messages.insertIfAbsent(newMessage());
  await stores.messages.setWithdrawn(id);
  await stores.messages.setDelivered([{ id, seq: 3 }], 1);
  await stores.messages.unsetCancelled(id);
  const stored = await stores.messages.get(session_id, id);
  expect(stored).toHaveProperty('cancelled_at', expect.any(Date));
  expect(stored).not.toHaveProperty('delivered_at');
});

test('an empty list of delivered or undelivered messages is accepted', async ({ stores }) => {
  await stores.messages.setDelivered([], 1);
  await stores.messages.setUndelivered([], 1);
});

test('a cancelled message has the time until the cancellation is undone', async ({ stores }) => {
  const { id, session_id } = await stores.messages.insertIfAbsent(newMessage());
  await stores.messages.setCancelled(id);
  expect(await stores.messages.get(session_id, id)).toHaveProperty(
    'cancelled_at',
    expect.any(Date),
  );
  await stores.messages.unsetCancelled(id);
  expect(await stores.messages.get(session_id, id)).not.toHaveProperty('cancelled_at');
});
