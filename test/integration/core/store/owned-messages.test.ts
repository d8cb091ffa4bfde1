import { newId, type OwnedSession } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { test } from '../stores.ts';

const result = { type: 'result' as const, subtype: 'success', is_error: false };
const pending = (...ids: string[]) => ids.map((id) => ({ id, bytes: 1 }));

describe('the owner of a session with messages', () => {
  test('learns of pending messages from each of its writes', async ({ stores }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const owner = await stores.own(id);
    const message = newId();
    await stores.messageAcceptance.accept(id, { id: message, bytes: 1 });
    const news = { pending_messages: pending(message) };
    expect(await owner.markRunning({})).toEqual(news);
    expect(await owner.commit({})).toEqual(news);
  });

  test('claims every pending message, so that no caller can take it back', async ({ stores }) => {
    const [first, second] = [newId(), newId()];
    const session = makeSession({ pending_messages: pending(first) });
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    await stores.messageAcceptance.accept(session.id, { id: second, bytes: 1 });
    const claimed = pending(first, second).map((one) => ({ ...one, sent_by: 1 }));
    expect(await owner.claimMessages({ later: true })).toEqual(claimed);
    expect(await owner.claimMessages({ later: true })).toEqual(claimed);
    expect(await stores.messageAcceptance.withdraw(session.id, first)).toBe('sent');
  });

  test('claims a message again that an earlier attempt had claimed', async ({ stores }) => {
    const message = newId();
    const session = makeSession({ pending_messages: pending(message) });
    await stores.sessions.insertIfAbsent(session);
    const dead = await stores.own(session.id, 0);
    await dead.claimMessages({ later: true });
    const owner = await stores.own(session.id);
    expect(await owner.claimMessages({ later: true })).toEqual([
      { id: message, bytes: 1, sent_by: 2 },
    ]);
  });

  test('claims nothing if no message is pending', async ({ stores }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    expect(await (await stores.own(id)).claimMessages({ later: true })).toBeNull();
  });

  test('takes delivered messages off the list, and the result of an earlier turn with them', async ({
    stores,
  }) => {
    const [first, second] = [newId(), newId()];
    const session = makeSession({ pending_messages: pending(first, second), last_result: result });
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    expect(await owner.commit({ delivered: [first] })).toEqual({
      pending_messages: pending(second),
    });
    expect(await stores.sessions.get(session.id)).not.toHaveProperty('last_result');
    await owner.commit({ delivered: [second], last_result: result });
    expect(await stores.sessions.get(session.id)).toMatchObject({ last_result: result });
  });

  test('makes a lost message pending again, and never twice', async ({ stores }) => {
    const [waiting, lost] = [newId(), newId()];
    const session = makeSession({ pending_messages: pending(waiting) });
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    for (let time = 0; time < 2; time += 1) {
      const news = await owner.requeueMessages(pending(lost, waiting));
      expect(news).toEqual({ pending_messages: pending(lost, waiting) });
    }
  });

  test('makes lost messages pending again in their order, before the other messages', async ({
    stores,
  }) => {
    const [first, second, waiting] = [newId(), newId(), newId()];
    const session = makeSession({ pending_messages: pending(waiting) });
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    expect(await owner.requeueMessages([])).toEqual({});
    const news = { pending_messages: pending(first, second, waiting) };
    expect(await owner.requeueMessages(pending(first, second))).toEqual(news);
    expect((await stores.sessions.get(session.id))?.pending_messages).toEqual(
      news.pending_messages,
    );
  });

  test('releases the messages that it claimed, so that callers can take them back', async ({
    stores,
  }) => {
    const [first, second] = [newId(), newId()];
    const session = makeSession({ pending_messages: pending(first, second) });
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    await owner.claimMessages({ later: true });
    for (let time = 0; time < 2; time += 1) {
      expect(await owner.releaseMessages()).toEqual({ pending_messages: pending(first, second) });
    }
    expect(await stores.messageAcceptance.withdraw(session.id, first)).toBe('withdrawn');
    expect(await owner.claimMessages({ later: true })).toEqual([
      { id: second, bytes: 1, sent_by: 1 },
    ]);
  });

  test('releases nothing if no message is pending', async ({ stores }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    expect(await (await stores.own(id)).releaseMessages()).toBeNull();
  });

  test('claims only the messages of other priorities during a turn', async ({ stores }) => {
    const [now, later] = [newId(), newId()];
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const owner = await stores.own(id);
    const accepted = [
      { id: later, bytes: 1, priority: 'later' as const },
      { id: now, bytes: 1, priority: 'now' as const },
    ];
    for (const message of accepted) await stores.messageAcceptance.accept(id, message);
    expect(await owner.claimMessages({ later: false })).toEqual([
      { id: later, bytes: 1, priority: 'later' },
      { id: now, bytes: 1, priority: 'now', sent_by: 1 },
    ]);
    expect(await stores.messageAcceptance.withdraw(id, later)).toBe('withdrawn');
  });

  test('does not complete the session while a message is pending', async ({ stores }) => {
    const session = makeSession({ pending_messages: pending(newId()) });
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    expect(await owner.conclude('completed', { result }, {})).toBe('pending');
    expect(await stores.sessions.get(session.id)).toMatchObject({ status: 'starting' });
    const options = { undelivered: 'any' } as const;
    expect(await owner.conclude('completed', { result }, {}, options)).not.toBe('pending');
    expect(await stores.sessions.get(session.id)).toMatchObject({
      status: 'completed',
      pending_messages: session.pending_messages,
    });
  });

  test('completes the session if each pending message may stay undelivered', async ({ stores }) => {
    const [dropped, other] = [newId(), newId()];
    const session = makeSession({ pending_messages: pending(dropped) });
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    await stores.messageAcceptance.accept(session.id, { id: other, bytes: 1 });
    const options = { undelivered: [dropped] };
    expect(await owner.conclude('completed', {}, {}, options)).toBe('pending');
    await stores.messageAcceptance.withdraw(session.id, other);
    expect(await owner.conclude('completed', {}, {}, options)).toEqual({
      pending_messages: pending(dropped),
    });
    expect(await stores.sessions.get(session.id)).toMatchObject({ status: 'completed' });
    expect(await owner.conclude('completed', {}, {}, { undelivered: [] })).toEqual({});
  });

  test('completes the session if the messages that may stay undelivered were taken back', async ({
    stores,
  }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const owner = await stores.own(id);
    const options = { undelivered: [newId()] };
    expect(await owner.conclude('completed', {}, {}, options)).toEqual({});
    expect(await stores.sessions.get(id)).toMatchObject({ status: 'completed' });
  });

  test('drops messages that cannot be delivered', async ({ stores }) => {
    const [missing, other] = [newId(), newId()];
    const session = makeSession({ pending_messages: pending(missing, other) });
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    for (let time = 0; time < 2; time += 1) {
      expect(await owner.dropMessages([missing])).toEqual({ pending_messages: pending(other) });
    }
  });

  test.for(['failed', 'cancelled'] as const)(
    'leaves pending messages undelivered if the session ends as %s',
    async (status, { stores }) => {
      const session = makeSession({ pending_messages: pending(newId()) });
      await stores.sessions.insertIfAbsent(session);
      const owner = await stores.own(session.id);
      expect(await owner.conclude(status, {}, {})).not.toBe('pending');
      expect(await stores.sessions.get(session.id)).toMatchObject({
        status,
        pending_messages: session.pending_messages,
      });
    },
  );

  test('returns the session to the queue for a message without losing its result', async ({
    stores,
  }) => {
    const session = makeSession({ pending_messages: pending(newId()), last_result: result });
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    expect(await owner.returnToQueue({ reason: 'message' }, {})).toBe('queued');
    expect(await stores.sessions.get(session.id)).toMatchObject({
      status: 'queued',
      last_result: result,
      counts: session.counts,
    });
  });

  const WRITES: [string, (owner: OwnedSession, id: string) => Promise<unknown>][] = [
    ['claimMessages', (owner) => owner.claimMessages({ later: true })],
    ['releaseMessages', (owner) => owner.releaseMessages()],
    ['dropMessages', (owner, id) => owner.dropMessages([id])],
    ['requeueMessages', (owner, id) => owner.requeueMessages(pending(id))],
    ['a delivery', (owner, id) => owner.commit({ delivered: [id] })],
    ['conclude', (owner) => owner.conclude('completed', {}, {})],
  ];
  test.for(WRITES)(
    'changes nothing by %s after another worker took the session',
    async ([, write], { stores }) => {
      const message = newId();
      const session = makeSession({ pending_messages: pending(message) });
      await stores.sessions.insertIfAbsent(session);
      const dead = await stores.own(session.id, 0);
      await stores.own(session.id);
      const before = await stores.sessions.get(session.id);
      expect(await write(dead, message)).toBeNull();
      expect(await stores.sessions.get(session.id)).toEqual(before);
    },
  );
});
