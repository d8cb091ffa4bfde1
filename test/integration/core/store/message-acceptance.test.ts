import { newId, PENDING_MAX_BYTES, PENDING_MAX_MESSAGES } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { test } from '../stores.ts';

const newMessage = (bytes = 5) => ({ id: newId(), bytes });

describe('a message', () => {
  test.for(['queued', 'starting', 'running'] as const)(
    'is accepted by a %s session',
    async (status, { stores }) => {
      const { id, updated_at } = await stores.sessions.insertIfAbsent(
        makeSession({ status, created_at: new Date(0), lease: { fence: 1, takes_messages: true } }),
      );
      const [first, second] = [newMessage(), newMessage(7)];
      expect(await stores.messageAcceptance.accept(id, first)).toEqual({ kind: 'accepted' });
      expect(await stores.messageAcceptance.accept(id, second)).toEqual({ kind: 'accepted' });
      const session = await stores.sessions.get(id);
      expect(session).toMatchObject({
        status,
        pending_messages: [first, second],
        messages_accepted: 2,
        requires: ['messages'],
      });
      expect(session?.updated_at.getTime()).toBeGreaterThan(updated_at.getTime());
    },
  );

  test('is refused by a session that has ended, and the session does not change', async ({
    stores,
  }) => {
    const session = await stores.sessions.insertIfAbsent(makeSession({ status: 'completed' }));
    expect(await stores.messageAcceptance.accept(session.id, newMessage())).toEqual({
      kind: 'ended',
      status: 'completed',
    });
    expect(await stores.sessions.get(session.id)).toEqual(session);
  });

  test('is refused if there is no such session', async ({ stores }) => {
    expect(await stores.messageAcceptance.accept(newId(), newMessage())).toEqual({
      kind: 'missing',
    });
  });

  test('is refused while a worker of an older version runs the session', async ({ stores }) => {
    const lease = { fence: 1, owner: 'old', expires_at: new Date(Date.now() + 60_000) };
    const session = makeSession({ status: 'running', lease });
    await stores.sessions.insertIfAbsent(session);
    const { accept } = stores.messageAcceptance;
    expect(await accept(session.id, newMessage())).toEqual({ kind: 'outdated' });
  });

  test('is accepted once, also if a worker has sent it since', async ({ stores }) => {
    const message = newMessage();
    const { id } = await stores.sessions.insertIfAbsent(
      makeSession({ pending_messages: [{ ...message, sent_by: 1 }] }),
    );
    expect(await stores.messageAcceptance.accept(id, message)).toEqual({ kind: 'known' });
  });

  test('is refused if the session has accepted another message since its count was read', async ({
    stores,
  }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const { accept } = stores.messageAcceptance;
    expect(await accept(id, newMessage(), 0)).toEqual({ kind: 'accepted' });
    expect(await accept(id, newMessage(), 0)).toEqual({ kind: 'raced' });
    expect(await accept(id, newMessage(), 1)).toEqual({ kind: 'accepted' });
  });

  test('is accepted if its bytes fit exactly, and refused if they do not', async ({ stores }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const { accept } = stores.messageAcceptance;
    expect((await accept(id, newMessage(PENDING_MAX_BYTES - 10))).kind).toBe('accepted');
    expect(await accept(id, newMessage(11))).toEqual({
      kind: 'full',
      over: 'bytes',
      messages: 1,
      bytes: PENDING_MAX_BYTES - 10,
    });
    expect((await accept(id, newMessage(10))).kind).toBe('accepted');
  });

  test('that is one of 120 sent at once is accepted until 100 are pending', async ({ stores }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const verdicts = await Promise.all(
      Array.from({ length: 120 }, () => stores.messageAcceptance.accept(id, newMessage(1))),
    );
    const accepted = verdicts.filter(({ kind }) => kind === 'accepted');
    expect(accepted).toHaveLength(PENDING_MAX_MESSAGES);
    expect(verdicts.filter(({ kind }) => kind === 'full')).toHaveLength(20);
    expect((await stores.sessions.get(id))?.pending_messages).toHaveLength(PENDING_MAX_MESSAGES);
  });

  test('that races with the end of its session is accepted before it or refused', async ({
    stores,
  }) => {
    for (let round = 0; round < 10; round += 1) {
      const { id } = await stores.sessions.insertIfAbsent(makeSession());
      const owner = await stores.own(id);
      const message = newMessage();
      const [verdict] = await Promise.all([
        stores.messageAcceptance.accept(id, message),
        owner.conclude('failed', {}, { outcome: 'failed' }),
      ]);
      const session = await stores.sessions.get(id);
      expect(session?.status).toBe('failed');
      const isAccepted = verdict.kind === 'accepted';
      expect(session?.pending_messages).toEqual(isAccepted ? [message] : undefined);
      if (!isAccepted) expect(verdict).toEqual({ kind: 'ended', status: 'failed' });
    }
  });
});

describe('a withdrawal', () => {
  test('takes the message off the list, and leaves the others', async ({ stores }) => {
    const [first, second] = [newMessage(), newMessage()];
    const { id } = await stores.sessions.insertIfAbsent(
      makeSession({ pending_messages: [first, { ...second, sent_by: 1 }] }),
    );
    expect(await stores.messageAcceptance.withdraw(id, first.id)).toBe('withdrawn');
    expect(await stores.messageAcceptance.withdraw(id, first.id)).toBe('absent');
    expect((await stores.sessions.get(id))?.pending_messages).toEqual([{ ...second, sent_by: 1 }]);
  });

  test('is refused for a message that was sent', async ({ stores }) => {
    const message = { ...newMessage(), sent_by: 1 };
    const { id } = await stores.sessions.insertIfAbsent(
      makeSession({ status: 'running', pending_messages: [message] }),
    );
    expect(await stores.messageAcceptance.withdraw(id, message.id)).toBe('sent');
    expect((await stores.sessions.get(id))?.pending_messages).toEqual([message]);
  });

  test('is refused for a message of a session that has ended', async ({ stores }) => {
    const message = newMessage();
    const { id } = await stores.sessions.insertIfAbsent(
      makeSession({ status: 'cancelled', pending_messages: [message] }),
    );
    expect(await stores.messageAcceptance.withdraw(id, message.id)).toBe('ended');
    expect((await stores.sessions.get(id))?.pending_messages).toEqual([message]);
  });

  test('finds no message in a session that does not exist', async ({ stores }) => {
    expect(await stores.messageAcceptance.withdraw(newId(), newId())).toBe('absent');
  });
});
