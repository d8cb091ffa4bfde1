import { newId, type Session, type StopRequests } from '@baton/core/internal';
import type { Db } from 'mongodb';
import { describe, expect } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { test as base } from '../stores.ts';

const test = base.extend<{ $file: { requests: StopRequests } }>({
  requests: [({ stores }, use) => use(stores.stopRequests), { scope: 'file' }],
});

const raw = (db: Db) => db.collection<Omit<Session, 'id'> & { _id: string }>('sessions');

const attempt = { attempt: 1, fence: 1, worker_id: 'w', host: 'h', started_at: new Date() };
const running: Partial<Session> = {
  status: 'running',
  attempts: [attempt],
  lease: { fence: 1, owner: 'w', expires_at: new Date(Date.now() + 60_000) },
};
const retried: Partial<Session> = {
  attempts: [{ ...attempt, ended_at: new Date() }],
  not_before: new Date(Date.now() + 3_600_000),
};

describe('a cancel request', () => {
  test.for([
    ['that never started', {}],
    ['that waits for a retry', retried],
  ] as const)(
    'for a queued session %s ends it at once',
    async ([, fields], { requests, stores }) => {
      const { id } = await stores.sessions.insertIfAbsent(makeSession(fields));
      const session = await requests.requestCancel(id);
      expect(session).toMatchObject({ status: 'cancelled', end_time: expect.any(Date) });
      expect(session).not.toHaveProperty('not_before');
      expect(await stores.sessions.get(id)).toEqual(session);
      expect(
        await stores.claims.claim(id, { worker_id: 'w', host: 'h', leaseMs: 1 }),
      ).toMatchObject({
        kind: 'terminal',
      });
    },
  );

  test('for a session that has its answer and waits for a message keeps the answer', async ({
    requests,
    stores,
  }) => {
    const result = { type: 'result' as const, subtype: 'success', is_error: false };
    const { id } = await stores.sessions.insertIfAbsent(makeSession({ last_result: result }));
    expect(await requests.requestCancel(id)).toMatchObject({ status: 'cancelled', result });
  });

  test('for a running session reaches the owner with its next write', async ({
    requests,
    stores,
  }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const owner = await stores.own(id);
    const session = await requests.requestCancel(id);
    expect(session).toMatchObject({ status: 'starting', cancel_requested_at: expect.any(Date) });
    expect(await owner.commit({})).toEqual({ cancel_requested_at: session.cancel_requested_at });
    expect(await owner.returnToQueue({ reason: 'hand_back' }, {})).toBe('cancelled');
  });

  test('that races with 32 claims reaches the winner or cancels the session', async ({
    requests,
    stores,
  }) => {
    for (let round = 0; round < 5; round += 1) {
      const { id } = await stores.sessions.insertIfAbsent(makeSession());
      const claimant = { host: 'h', leaseMs: 60_000 };
      const [claims] = await Promise.all([
        Promise.all(
          Array.from({ length: 32 }, (_, n) =>
            stores.claims.claim(id, { ...claimant, worker_id: `w-${n}` }),
          ),
        ),
        requests.requestCancel(id),
      ]);
      const session = await stores.sessions.get(id);
      const isClaimed = claims.some(({ kind }) => kind === 'claimed');
      expect(session?.status).toBe(isClaimed ? 'starting' : 'cancelled');
      expect(session?.cancel_requested_at).toBeInstanceOf(Date);
      expect(session?.attempts).toHaveLength(isClaimed ? 1 : 0);
    }
  });

  test('that races with a hand-back never leaves the session queued', async ({
    requests,
    stores,
  }) => {
    for (let round = 0; round < 10; round += 1) {
      const { id } = await stores.sessions.insertIfAbsent(makeSession());
      const owner = await stores.own(id);
      await Promise.all([
        owner.returnToQueue({ reason: 'hand_back' }, {}),
        requests.requestCancel(id),
      ]);
      expect((await stores.sessions.get(id))?.status).toBe('cancelled');
    }
  });

  test('that races with the end of the session never changes the outcome', async ({
    requests,
    stores,
  }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const owner = await stores.own(id);
    const [asked] = await Promise.allSettled([
      requests.requestCancel(id),
      owner.conclude('completed', {}, { outcome: 'completed' }),
    ]);
    expect((await stores.sessions.get(id))?.status).toBe('completed');
    if (asked.status === 'rejected') expect(asked.reason.code).toBe('SESSION_TERMINAL');
  });
});

describe('an interrupt request', () => {
  test('for a running session reaches the owner with its next write', async ({
    requests,
    stores,
  }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const owner = await stores.own(id);
    const { status, interrupt_requested_at } = await requests.requestInterrupt(id);
    expect(status).toBe('starting');
    expect(await owner.commit({})).toEqual({ interrupt_requested_at });
  });

  test('for a session that never started cancels it', async ({ requests, stores }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    expect(await requests.requestInterrupt(id)).toMatchObject({ status: 'cancelled' });
  });

  test('for a session that waits for a retry ends the wait', async ({ requests, stores }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession(retried));
    const session = await requests.requestInterrupt(id);
    expect(session).toMatchObject({ status: 'queued', interrupt_requested_at: expect.any(Date) });
    expect(session).not.toHaveProperty('not_before');
    const claimant = { worker_id: 'w', host: 'h', leaseMs: 60_000 };
    expect((await stores.claims.claim(id, claimant)).kind).toBe('claimed');
  });
});

describe.each(['requestCancel', 'requestInterrupt'] as const)('%s', (ask) => {
  test('changes nothing when it is repeated', async ({ requests, stores }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession(running));
    const first = await requests[ask](id);
    expect(await requests[ask](id)).toEqual(first);
    expect(await stores.sessions.get(id)).toEqual(first);
  });

  test.for(['completed', 'failed', 'cancelled'] as const)(
    'is refused with the status of a %s session, and the session stays unchanged',
    async (status, { requests, stores, db }) => {
      const { id } = await stores.sessions.insertIfAbsent(makeSession({ status }));
      const before = await raw(db).findOne({ _id: id });
      await expect(requests[ask](id)).rejects.toMatchObject({
        code: 'SESSION_TERMINAL',
        details: { status },
      });
      expect(await raw(db).findOne({ _id: id })).toEqual(before);
    },
  );

  test('is refused for an unknown session', async ({ requests }) => {
    await expect(requests[ask](newId())).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });
});
