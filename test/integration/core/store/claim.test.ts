import { createClaims, newId, type Session } from '@baton/core/internal';
import type { Db } from 'mongodb';
import { describe, expect } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { LEASE_MS, test } from '../stores.ts';

const claimant = { worker_id: 'worker-1', host: 'host-1', leaseMs: LEASE_MS };
const other = { ...claimant, worker_id: 'worker-2' };

const raw = (db: Db) => db.collection<Omit<Session, 'id'> & { _id: string }>('sessions');

describe('a claim', () => {
  test('takes a queued session under the first fence', async ({ stores }) => {
    const session = makeSession({ not_before: new Date() });
    await stores.sessions.insertIfAbsent(session);
    const claim = await stores.claims.claim(session.id, { ...claimant, claude_version: '2.1.330' });
    expect(claim).toMatchObject({
      kind: 'claimed',
      attempt: { attempt: 1, fence: 1, worker_id: 'worker-1', claude_version: '2.1.330' },
      session: { status: 'starting', lease: { owner: 'worker-1', fence: 1 } },
    });
    const stored = await stores.sessions.get(session.id);
    expect(stored).toEqual(claim.kind === 'claimed' ? claim.session : null);
    expect(stored).not.toHaveProperty('not_before');
    expect(stored).not.toHaveProperty('waiting_for');
    const held = (stored?.lease.expires_at?.getTime() ?? 0) - (await stores.clock.now()).getTime();
    expect(held).toBeGreaterThan(LEASE_MS - 10_000);
    expect(held).toBeLessThanOrEqual(LEASE_MS);
  });

  test('is won by one of 64 racing workers, and the others find the session busy', async ({
    stores,
  }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    const claims = await Promise.all(
      Array.from({ length: 64 }, (_, i) =>
        stores.claims.claim(session.id, { ...claimant, worker_id: `racer-${i}` }),
      ),
    );
    const won = claims.filter((claim) => claim.kind === 'claimed');
    const busy = claims.filter((claim) => claim.kind === 'busy');
    expect([won.length, busy.length]).toEqual([1, 63]);
    const stored = await stores.sessions.get(session.id);
    expect(stored?.attempts).toHaveLength(1);
    expect(stored?.lease.fence).toBe(1);
    expect(new Set(busy.map((claim) => claim.owner))).toEqual(new Set([stored?.lease.owner]));
  });

  test.for(['starting', 'running'] as const)(
    'reports a %s session with a valid lease as busy, and returns the end of the lease',
    async (status, { stores, db }) => {
      const session = makeSession();
      await stores.sessions.insertIfAbsent(session);
      await stores.own(session.id);
      await raw(db).updateOne({ _id: session.id }, { $set: { status } });
      const before = await stores.sessions.get(session.id);
      expect(await stores.claims.claim(session.id, other)).toEqual({
        kind: 'busy',
        owner: 'worker-1',
        expires_at: before?.lease.expires_at,
      });
      expect(await stores.sessions.get(session.id)).toEqual(before);
    },
  );

  test.for(['starting', 'running'] as const)(
    'takes a %s session with an expired lease under a higher fence',
    async (status, { stores, db }) => {
      const session = makeSession();
      await stores.sessions.insertIfAbsent(session);
      await stores.own(session.id, 0);
      await raw(db).updateOne({ _id: session.id }, { $set: { status } });
      expect(await stores.claims.claim(session.id, other)).toMatchObject({
        kind: 'claimed',
        attempt: { attempt: 2, fence: 2, worker_id: 'worker-2' },
        session: { status: 'starting', lease: { owner: 'worker-2', fence: 2 } },
      });
    },
  );

  test('of an expired lease is won by one of 64 workers', async ({ stores }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    await stores.own(session.id, 0);
    const claims = await Promise.all(
      Array.from({ length: 64 }, () => stores.claims.claim(session.id, other)),
    );
    expect(claims.filter((claim) => claim.kind === 'claimed')).toHaveLength(1);
    expect((await stores.sessions.get(session.id))?.attempts).toHaveLength(2);
  });

  test('fails if the owner renews its lease between the read and the write', async ({
    stores,
    db,
  }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    await stores.own(session.id, 0);
    const owner = stores.owned.open({
      id: session.id,
      attempt: 1,
      fence: 1,
      leaseMs: LEASE_MS,
    });
    // The claim asks for the time after it has read the document. The owner's heartbeat arrives at
    // that moment.
    const claims = createClaims(db, {
      async now() {
        await owner.commit({});
        return stores.clock.now();
      },
    });
    expect(await claims.claim(session.id, other)).toMatchObject({ kind: 'busy' });
    expect((await stores.sessions.get(session.id))?.lease.fence).toBe(1);
  });

  test.for(['completed', 'failed', 'cancelled'] as const)(
    'leaves a %s session unchanged',
    async (status, { stores }) => {
      const session = makeSession({ status });
      await stores.sessions.insertIfAbsent(session);
      expect(await stores.claims.claim(session.id, claimant)).toEqual({
        kind: 'terminal',
        session,
      });
      expect(await stores.sessions.get(session.id)).toEqual(session);
    },
  );

  test('cancels a queued session whose cancellation was requested', async ({ stores }) => {
    const session = makeSession({ cancel_requested_at: new Date() });
    await stores.sessions.insertIfAbsent(session);
    expect(await stores.claims.claim(session.id, claimant)).toMatchObject({
      kind: 'terminal',
      session: { status: 'cancelled', end_time: expect.any(Date), attempts: [] },
    });
  });

  test('cancels a session whose worker died after a cancel request', async ({ stores, db }) => {
    const session = makeSession();
    await stores.sessions.insertIfAbsent(session);
    await stores.own(session.id, 0);
    await raw(db).updateOne({ _id: session.id }, { $set: { cancel_requested_at: new Date() } });
    expect(await stores.claims.claim(session.id, other)).toMatchObject({
      kind: 'terminal',
      session: {
        status: 'cancelled',
        attempts: [
          { ended_at: expect.any(Date), outcome: 'cancelled', failure: { code: 'CRASHED' } },
        ],
      },
    });
  });

  test('finds nothing for an unknown session', async ({ stores }) => {
    expect(await stores.claims.claim(newId(), claimant)).toEqual({ kind: 'missing' });
  });
});
