import type { OwnedSession, Session } from '@baton/core/internal';
import type { Db } from 'mongodb';
import { describe, expect } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { LEASE_MS, test } from '../stores.ts';

const raw = (db: Db) => db.collection<Omit<Session, 'id'> & { _id: string }>('sessions');
const askForCancel = (db: Db, id: string) =>
  raw(db).updateOne({ _id: id }, { $set: { cancel_requested_at: new Date() } });

const result = {
  type: 'result' as const,
  subtype: 'success',
  is_error: false,
  structured_output: { 'a.b': { $c: 1 } },
};

const WRITES: [string, (owner: OwnedSession) => Promise<unknown>][] = [
  ['markRunning', (owner) => owner.markRunning({ model: 'stale' })],
  ['commit', (owner) => owner.commit({ last_event_seq: 99 })],
  ['a heartbeat', (owner) => owner.commit({})],
  ['conclude', (owner) => owner.conclude('completed', { result }, {})],
  ['returnToQueue', (owner) => owner.returnToQueue({ reason: 'retry' }, {})],
];

describe('the owner of a session', () => {
  test('marks the session as running, commits to it and concludes it', async ({ stores }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    expect(await owner.markRunning({ pid: 7, model: 'claude-x' })).toEqual({});
    expect(await stores.sessions.get(session.id)).toMatchObject({
      status: 'running',
      model: 'claude-x',
      attempts: [{ pid: 7 }],
    });
    expect(await owner.commit({ last_event_seq: 3, last_result: result })).toEqual({});
    expect(await stores.sessions.get(session.id)).toMatchObject({
      last_event_seq: 3,
      last_result: result,
    });
    const totals = { ...session.totals, cost_usd: 0.5 };
    expect(
      await owner.conclude(
        'completed',
        { result, totals },
        { outcome: 'completed', exit_late_ms: 5 },
      ),
    ).toEqual({});
    const ended = await stores.sessions.get(session.id);
    expect(ended).toMatchObject({
      status: 'completed',
      result,
      totals,
      end_time: expect.any(Date),
      attempts: [{ outcome: 'completed', exit_late_ms: 5, ended_at: ended?.end_time, pid: 7 }],
    });
    expect(ended?.lease).toEqual({ fence: 1 });
    expect(ended).not.toHaveProperty('last_result');
  });

  test.for(['completed', 'failed', 'cancelled'] as const)(
    'may conclude the session as %s before the first line of output',
    async (status, { stores }) => {
      const session = makeSession();
      await stores.sessions.insertIfAbsent(session);
      const owner = await stores.own(session.id);
      expect(await owner.conclude(status, {}, {})).toEqual({});
      expect((await stores.sessions.get(session.id))?.status).toBe(status);
    },
  );

  test.for(WRITES.slice(0, 3))('renews the lease by %s', async ([, write], { stores }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    await stores.own(session.id, 0);
    const facts = { id: session.id, attempt: 1, fence: 1, leaseMs: LEASE_MS };
    await write(stores.owned.open(facts));
    const { expires_at } = (await stores.sessions.get(session.id))?.lease ?? {};
    const left = (expires_at?.getTime() ?? 0) - (await stores.clock.now()).getTime();
    expect(left).toBeGreaterThan(LEASE_MS - 10_000);
  });

  test.for(WRITES)('with an older fence, writes nothing by %s', async ([, write], { stores }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    const old = await stores.own(session.id, 0, 'worker-1');
    await stores.own(session.id, LEASE_MS, 'worker-2');
    const before = await stores.sessions.get(session.id);
    expect(await write(old)).toBeNull();
    expect(await stores.sessions.get(session.id)).toEqual(before);
  });

  test.for(
    (['completed', 'failed', 'cancelled'] as const).flatMap((status) =>
      WRITES.map(([name, write]) => [status, name, write] as const),
    ),
  )('cannot change a %s session by %s', async ([status, , write], { stores }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    await owner.conclude(status, {}, {});
    const before = await stores.sessions.get(session.id);
    await write(owner);
    expect(await stores.sessions.get(session.id)).toEqual(before);
  });

  test('may repeat an ending but not change it', async ({ stores }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    await owner.conclude('completed', {}, {});
    expect(await owner.conclude('completed', {}, {})).toEqual({});
    expect(await owner.conclude('failed', {}, {})).toBeNull();
  });

  test.for(WRITES.slice(0, 3))(
    'learns of a cancel request from %s',
    async ([, write], { stores, db }) => {
      const session = makeSession();
      await stores.sessions.insertIfAbsent(session);
      const owner = await stores.own(session.id);
      await askForCancel(db, session.id);
      expect(await write(owner)).toEqual({ cancel_requested_at: expect.any(Date) });
    },
  );

  test('returns the session to the queue for a retry, counts the retry and frees the lease', async ({
    stores,
  }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    await owner.markRunning({});
    const not_before = new Date(Date.now() - 1000);
    const failure = {
      code: 'OVERLOADED' as const,
      message: 'x',
      retryable: true,
      attempt: 1,
      at: new Date(),
    };
    expect(
      await owner.returnToQueue({ reason: 'retry', not_before }, { outcome: 'failed', failure }),
    ).toBe('queued');
    const stored = await stores.sessions.get(session.id);
    expect(stored).toMatchObject({
      status: 'queued',
      not_before,
      counts: { retries: 1, crashes: 0, hand_backs: 0 },
      attempts: [{ outcome: 'failed', failure, ended_at: expect.any(Date) }],
    });
    expect(stored?.lease).toEqual({ fence: 1 });
    const next = await stores.own(session.id);
    expect(next.fence).toBe(2);
  });

  test('counts a hand-back once even if the write is repeated', async ({ stores }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    const transcript = { files: [] };
    const totals = { ...session.totals, num_turns: 2 };
    for (const _try of ['first', 'second']) {
      const back = { reason: 'hand_back', totals, transcript } as const;
      expect(await owner.returnToQueue(back, { outcome: 'handed_back' })).toBe('queued');
    }
    const stored = await stores.sessions.get(session.id);
    expect(stored).toMatchObject({ counts: { hand_backs: 1 }, totals: { num_turns: 2 } });
    await stores.own(session.id);
    expect(await owner.returnToQueue({ reason: 'hand_back' }, {})).toBeNull();
  });

  test('after a cancel request, cancels the session instead of handing it back', async ({
    stores,
    db,
  }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    await askForCancel(db, session.id);
    expect(await owner.returnToQueue({ reason: 'hand_back' }, { outcome: 'handed_back' })).toBe(
      'cancelled',
    );
    const stored = await stores.sessions.get(session.id);
    expect(stored).toMatchObject({
      status: 'cancelled',
      end_time: expect.any(Date),
      counts: { hand_backs: 0 },
    });
    expect(stored?.lease).toEqual({ fence: 1 });
  });
});

describe('a workspace that its owner stores', () => {
  const unportable = { type: 'managed', path: '/w/a', fence: 1, portable: false } as const;
  const captured: NonNullable<Session['workspace']> = {
    ...unportable,
    portable: true,
    capture: {
      commit: 'a'.repeat(40),
      packs: [{ session_id: makeSession().id, id: 'b'.repeat(64), bytes: 10 }],
      taken_at: new Date(0),
      attempt: 1,
      files: 1,
      bytes: 5,
      left_out: 0,
      transcript: [{ path: 'a.jsonl', generation: 0, length: 7 }],
    },
  };
  const WRITES: [string, (owner: OwnedSession) => Promise<unknown>][] = [
    ['markRunning', (owner) => owner.markRunning({ workspace: captured })],
    ['commit', (owner) => owner.commit({ workspace: captured })],
    ['conclude', (owner) => owner.conclude('failed', { workspace: captured }, {})],
    [
      'returnToQueue',
      (owner) => owner.returnToQueue({ reason: 'hand_back', workspace: captured }, {}),
    ],
  ];

  test.for(WRITES)(
    'keeps older workers away once it has a capture: %s',
    async ([, write], { stores }) => {
      const session = makeSession({ requires: ['messages'] });
      await stores.sessions.insertIfAbsent(session);
      await write(await stores.own(session.id));
      expect(await stores.sessions.get(session.id)).toMatchObject({
        workspace: captured,
        requires: ['messages', 'workspaces'],
      });
    },
  );

  const withParts = {
    files: [
      { path: 'a.jsonl', base: 0, length: 7, sha256: '', generation: 0 },
      { path: 'b.jsonl', base: 0, length: 7, sha256: '', generation: 0, has_parts: true as const },
    ],
  };
  const WRITES_OF_PARTS: typeof WRITES = [
    ['markRunning', (owner) => owner.markRunning({ transcript: withParts })],
    ['commit', (owner) => owner.commit({ transcript: withParts })],
    ['conclude', (owner) => owner.conclude('failed', { transcript: withParts }, {})],
    [
      'returnToQueue',
      (owner) => owner.returnToQueue({ reason: 'hand_back', transcript: withParts }, {}),
    ],
  ];

  test.for(WRITES_OF_PARTS)(
    'keeps older workers away once its transcript refers to parts: %s',
    async ([, write], { stores }) => {
      const session = makeSession({ requires: ['messages'] });
      await stores.sessions.insertIfAbsent(session);
      await write(await stores.own(session.id));
      expect(await stores.sessions.get(session.id)).toMatchObject({
        transcript: withParts,
        requires: ['messages', 'transcript_parts'],
      });
    },
  );

  test('needs both words if one write stores a capture and a transcript with parts', async ({
    stores,
  }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    await owner.commit({ workspace: captured, transcript: withParts });
    await owner.commit({ workspace: captured, transcript: withParts });
    expect(await stores.sessions.get(session.id)).toMatchObject({
      requires: ['workspaces', 'transcript_parts'],
    });
  });

  test('keeps nobody away without a capture', async ({ stores }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    await (await stores.own(session.id)).commit({ workspace: unportable });
    const stored = await stores.sessions.get(session.id);
    expect(stored?.workspace).toEqual(unportable);
    expect(stored).not.toHaveProperty('requires');
  });

  test('keeps older workers away from a session that is cancelled instead of handed back', async ({
    stores,
    db,
  }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    const owner = await stores.own(session.id);
    await askForCancel(db, session.id);
    const back = { reason: 'hand_back', workspace: captured } as const;
    expect(await owner.returnToQueue(back, {})).toBe('cancelled');
    expect(await stores.sessions.get(session.id)).toMatchObject({
      workspace: captured,
      requires: ['workspaces'],
    });
  });
});
