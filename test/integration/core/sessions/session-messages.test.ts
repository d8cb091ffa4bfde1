import {
  createSessionServices,
  newId,
  type OwnedSession,
  type SessionMessages,
} from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { test as base } from '../stores.ts';

const test = base.extend<{ $file: { messages: SessionMessages } }>({
  messages: [
    ({ stores, queue }, use) =>
      use(createSessionServices({ stores, clock: stores.clock, queue }).messages),
    { scope: 'file' },
  ],
});

const conclude = (owner: OwnedSession) => owner.conclude('failed', {}, { outcome: 'failed' });

describe('a message with an idempotency key', () => {
  test('is stored once if 20 callers send it at once', async ({ messages, stores }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const sent = await Promise.all(
      Array.from({ length: 20 }, () =>
        messages.sendMessage(id, { content: 'hello' }, { idempotency_key: 'k' }),
      ),
    );
    expect(new Set(sent.map((one) => one.id)).size).toBe(1);
    expect(sent.filter(({ replayed }) => !replayed)).toHaveLength(1);
    const session = await stores.sessions.get(id);
    expect(session).toMatchObject({
      pending_messages: [{ id: sent[0]?.id }],
      messages_accepted: 1,
    });
  });

  test('does not hinder 20 other messages that are sent at once', async ({ messages, stores }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    await Promise.all(
      Array.from({ length: 20 }, (_, count) =>
        messages.sendMessage(id, { content: 'hello' }, { idempotency_key: `k-${count}` }),
      ),
    );
    expect((await stores.sessions.get(id))?.pending_messages).toHaveLength(20);
  });

  test('is accepted by the second request if the first died before the session accepted it', async ({
    messages,
    stores,
    db,
  }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const options = { idempotency_key: 'k' };
    const first = await messages.sendMessage(id, { content: 'hello' }, options);
    const sessions = db.collection<{ _id: string }>('sessions');
    await sessions.updateOne(
      { _id: id },
      { $unset: { pending_messages: '', messages_accepted: '' } },
    );
    const stored = db.collection<{ _id: string }>('messages');
    await stored.updateOne({ _id: first.id }, { $set: { accepting_since: new Date() } });
    expect(await messages.listMessages(id)).toEqual({ messages: [] });
    const second = await messages.sendMessage(id, { content: 'hello' }, options);
    expect(second).toEqual(first);
    expect((await messages.listMessages(id)).messages).toMatchObject([{ status: 'queued' }]);
  });

  test('is not sent again after it was delivered or cancelled', async ({
    messages,
    stores,
    db,
  }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const delivered = await messages.sendMessage(id, { content: 'a' }, { idempotency_key: 'a' });
    await stores.messages.setDelivered([{ id: delivered.id, seq: 4 }], 1);
    const sessions = db.collection<{ _id: string; pending_messages: { id: string }[] }>('sessions');
    await sessions.updateOne({ _id: id }, { $pull: { pending_messages: { id: delivered.id } } });
    const cancelled = await messages.sendMessage(id, { content: 'b' }, { idempotency_key: 'b' });
    await messages.cancelMessage(id, cancelled.id);
    for (const ended of [false, true]) {
      if (ended) await conclude(await stores.own(id));
      expect(
        await messages.sendMessage(id, { content: 'a' }, { idempotency_key: 'a' }),
      ).toMatchObject({ id: delivered.id, status: 'delivered', replayed: true });
      expect(
        await messages.sendMessage(
          id,
          { content: 'b', on_ended: 'continue' },
          { idempotency_key: 'b' },
        ),
      ).toMatchObject({ id: cancelled.id, status: 'cancelled', replayed: true });
    }
  });
});

test('a message that races with the end of its session is refused, or undelivered', async ({
  messages,
  stores,
}) => {
  for (let round = 0; round < 10; round += 1) {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const owner = await stores.own(id);
    const key = round % 2 === 0 ? {} : { idempotency_key: 'k' };
    const [sent] = await Promise.allSettled([
      messages.sendMessage(id, { content: 'hello' }, key),
      conclude(owner),
    ]);
    const listed = (await messages.listMessages(id)).messages;
    if (sent.status === 'fulfilled') {
      expect(listed).toMatchObject([{ id: sent.value.id, status: 'undelivered' }]);
    } else {
      expect(sent.reason).toMatchObject({
        code: 'SESSION_TERMINAL',
        details: { status: 'failed' },
      });
      expect(listed).toEqual([]);
    }
  }
});

test('a message is refused while a worker of an older version runs the session, and accepted once the session is queued again', async ({
  messages,
  stores,
  db,
}) => {
  const { id } = await stores.sessions.insertIfAbsent(makeSession());
  const owner = await stores.own(id);
  // The lease of an older worker lacks this field.
  const sessions = db.collection<{ _id: string }>('sessions');
  await sessions.updateOne({ _id: id }, { $unset: { 'lease.takes_messages': '' } });
  const send = () => messages.sendMessage(id, { content: 'hello' }, { idempotency_key: 'k' });
  await expect(send()).rejects.toMatchObject({ code: 'WORKER_OUTDATED' });
  expect(await messages.listMessages(id)).toEqual({ messages: [] });
  expect(await db.collection('messages').countDocuments({ session_id: id })).toBe(0);
  await owner.returnToQueue({ reason: 'hand_back' }, { outcome: 'handed_back' });
  expect(await send()).toMatchObject({ status: 'queued', replayed: false });
});

test('a message that two callers take back at once is cancelled for both', async ({
  messages,
  stores,
}) => {
  for (let round = 0; round < 5; round += 1) {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const sent = await messages.sendMessage(id, { content: 'hello' });
    const views = await Promise.all([
      messages.cancelMessage(id, sent.id),
      messages.cancelMessage(id, sent.id),
    ]);
    expect(views.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
    expect((await stores.sessions.get(id))?.pending_messages).toEqual([]);
  }
});

test('a hundred messages with keys are accepted at once', async ({ messages, stores }) => {
  const { id } = await stores.sessions.insertIfAbsent(makeSession());
  const sent = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      messages.sendMessage(id, { content: `message ${n}` }, { idempotency_key: `key ${n}` }),
    ),
  );
  expect(sent.every(({ status }) => status === 'queued')).toBe(true);
});

test('a message that only a lost attempt delivered can be taken back', async ({
  messages,
  stores,
}) => {
  const { id } = await stores.sessions.insertIfAbsent(makeSession());
  const sent = await messages.sendMessage(id, { content: 'hello' });
  await stores.messages.setDelivered([{ id: sent.id, seq: 3 }], 1);
  expect(await messages.cancelMessage(id, sent.id)).toMatchObject({ status: 'cancelled' });
});

test('a message that does not exist cannot be taken back', async ({ messages, stores }) => {
  const { id } = await stores.sessions.insertIfAbsent(makeSession());
  await expect(messages.cancelMessage(id, newId())).rejects.toMatchObject({
    code: 'MESSAGE_NOT_FOUND',
  });
});
