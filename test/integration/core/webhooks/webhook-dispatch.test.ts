// Every status change adds an outbox entry; the dispatch makes each entry's deliveries once.
import {
  createLogger,
  createWebhookQueue,
  createWebhookServices,
  defined,
  newId,
  type Session,
  type WebhookServices,
} from '@baton/core/internal';
import { Queue } from 'bullmq';
import type { Db } from 'mongodb';
import { describe, expect } from 'vitest';
import { refusedSession } from '../../../../packages/core/src/model/job/refused-session.ts';
import {
  appendOutboxEntries,
  createWebhookOutbox,
} from '../../../../packages/core/src/store/webhook-outbox.ts';
import { createWebhookDispatch } from '../../../../packages/core/src/webhooks/webhook-dispatch.ts';
import { makeSession } from '../../../support/factories.ts';
import { redisUrl, uniqueName } from '../../../support/services.ts';
import { untilPasses } from '../../../support/wait.ts';
import { test as base, LEASE_MS } from '../stores.ts';

const URL_OF_NOBODY = 'https://example.test/hook';
const log = createLogger('core', 'silent');

interface Hooks extends WebhookServices {
  bull: Queue;
}

const test = base.extend<{ hooks: Hooks }>({
  // Each test starts without webhooks, because a webhook gets the events of all sessions.
  hooks: async ({ db, stores }, use) => {
    await db.collection('webhooks').deleteMany({});
    await db.collection('sessions').deleteMany({});
    await db.collection('webhook_deliveries').deleteMany({});
    const prefix = uniqueName('queue');
    const connection = redisUrl();
    const queue = createWebhookQueue({ connection, prefix });
    const hooks = createWebhookServices({ stores, queue, clock: stores.clock, log });
    const bull = new Queue('webhooks', { connection: { url: connection }, prefix });
    await use({ ...hooks, bull });
    await bull.obliterate({ force: true });
    await bull.close();
    await queue.close();
  },
});

const raw = (db: Db) => db.collection<Omit<Session, 'id'> & { _id: string }>('sessions');

const outboxOf = async (db: Db, id: string) =>
  ((await raw(db).findOne({ _id: id }))?.webhooks_due ?? []).map(
    ({ type, attempt }) => `${type} ${attempt}`,
  );

/** Makes the outbox entries of a session old enough for the sweep. */
async function age(db: Db, id: string): Promise<void> {
  const due = (await raw(db).findOne({ _id: id }))?.webhooks_due ?? [];
  const earlier = due.map((one) => ({ ...one, at: new Date(one.at.getTime() - 10_000) }));
  await raw(db).updateOne({ _id: id }, { $set: { webhooks_due: earlier } });
}

describe('the outbox entry of a status change', () => {
  test('is stored by the update that changes the status, for every change', async ({
    stores,
    db,
  }) => {
    const { sessions, claims, own, stopRequests } = stores;
    const add = async (fields?: Partial<Session>) =>
      (await sessions.insertIfAbsent(makeSession(fields))).id;
    const claimant = { worker_id: 'worker-2', host: 'host-2', leaseMs: LEASE_MS };

    for (const status of ['completed', 'failed', 'cancelled'] as const) {
      const id = await add();
      const owned = await own(id);
      expect(await outboxOf(db, id)).toEqual([]);
      await owned.markRunning({});
      await owned.conclude(status, {}, {});
      expect(await outboxOf(db, id)).toEqual(['session.started 1', `session.${status} 1`]);
    }

    const retried = await add();
    await (await own(retried)).returnToQueue({ reason: 'retry' }, {});
    expect(await outboxOf(db, retried)).toEqual(['session.retried 1']);

    const drained = await add();
    await (await own(drained)).returnToQueue({ reason: 'hand_back' }, {});
    expect(await outboxOf(db, drained)).toEqual([]);

    const asked = await add();
    const owned = await own(asked);
    await stopRequests.requestCancel(asked);
    await owned.returnToQueue({ reason: 'hand_back' }, {});
    expect(await outboxOf(db, asked)).toEqual(['session.cancelled 1']);

    const crashed = await add();
    await own(crashed, 0);
    await claims.claim(crashed, claimant);
    expect(await outboxOf(db, crashed)).toEqual(['session.retried 1']);

    const crashedForGood = await add({
      config: { query: 'hi', recovery: { max_crashes: 0 } },
    });
    await own(crashedForGood, 0);
    await claims.claim(crashedForGood, claimant);
    expect(await outboxOf(db, crashedForGood)).toEqual(['session.failed 1']);

    const dropped = await add({ cancel_requested_at: new Date() });
    await claims.claim(dropped, claimant);
    expect(await outboxOf(db, dropped)).toEqual(['session.cancelled 0']);

    const queued = await add();
    await stopRequests.requestCancel(queued);
    expect(await outboxOf(db, queued)).toEqual(['session.cancelled 0']);

    const refused = refusedSession(
      { id: crashed.replace(/^./, (c) => (c === '0' ? '1' : '0')), data: {}, timestamp: 0 },
      Object.assign(new Error('no'), { code: 'INVALID_REQUEST' }) as never,
    );
    await sessions.insertIfAbsent(refused);
    expect(await outboxOf(db, refused.id)).toEqual(['session.failed 0']);
  });
});

describe('the dispatch', () => {
  test('makes a delivery and a job for each matching webhook and removes the entry', async ({
    stores,
    db,
    hooks,
  }) => {
    const all = await hooks.store.create({ url: URL_OF_NOBODY });
    const some = await hooks.store.create({ url: URL_OF_NOBODY, types: ['session.completed'] });
    await hooks.store.create({ url: URL_OF_NOBODY, tags: ['another'] });
    const off = await hooks.store.create({ url: URL_OF_NOBODY });
    await hooks.store.change(off.id, { enabled: false });
    const { id } = await stores.sessions.insertIfAbsent(makeSession({ tags: ['one'] }));
    const owned = await stores.own(id);
    await owned.markRunning({});
    await owned.conclude('completed', {}, {});
    hooks.dispatch.notify(id);
    await untilPasses(async () => expect(await outboxOf(db, id)).toEqual([]));
    const made = await db
      .collection('webhook_deliveries')
      .find({})
      .sort({ webhook_id: 1, type: -1 })
      .toArray();
    expect(made.map(({ webhook_id, type }) => [webhook_id, type])).toEqual([
      [all.id, 'session.started'],
      [all.id, 'session.completed'],
      [some.id, 'session.completed'],
    ]);
    expect(await hooks.bull.getWaitingCount()).toBe(3);
  });

  test('sends the entries of a worker that died after the status change, in a later sweep', async ({
    stores,
    db,
    hooks,
  }) => {
    await hooks.store.create({ url: URL_OF_NOBODY });
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    await (await stores.own(id)).conclude('completed', {}, {});
    // The sweep leaves a new entry to the worker that wrote it.
    expect(await hooks.dispatch.sweep()).toMatchObject({ notified: 0 });
    await age(db, id);
    expect(await hooks.dispatch.sweep()).toMatchObject({ notified: 1 });
    expect(await hooks.bull.getWaitingCount()).toBe(1);
    expect(await outboxOf(db, id)).toEqual([]);
    expect(await hooks.dispatch.sweep()).toMatchObject({ notified: 0 });
  });

  test.for([{ tags: 9 }, { types: 'all' }, { created_at: 'text' }])(
    'notifies the other webhooks if the document of one webhook is invalid: %j',
    async (odd, { stores, db, hooks }) => {
      const good = await hooks.store.create({ url: URL_OF_NOBODY });
      const { id: bad } = await hooks.store.create({ url: URL_OF_NOBODY });
      await db.collection<{ _id: string }>('webhooks').updateOne({ _id: bad }, { $set: odd });
      const { id } = await stores.sessions.insertIfAbsent(makeSession({ tags: ['a'] }));
      await (await stores.own(id)).conclude('completed', {}, {});
      await age(db, id);
      expect(await hooks.dispatch.sweep()).toMatchObject({ notified: 1 });
      expect(await outboxOf(db, id)).toEqual([]);
      const deliveries = db.collection<{ webhook_id: string }>('webhook_deliveries');
      expect(await deliveries.distinct('webhook_id')).toEqual([good.id]);
    },
  );

  test.for(['insertIfAbsent', 'add', 'acknowledge'] as const)(
    'makes one delivery with one job even if it dies at %s and runs again',
    async (step, { stores, db, hooks }) => {
      await hooks.store.create({ url: URL_OF_NOBODY });
      const { id } = await stores.sessions.insertIfAbsent(makeSession());
      await (await stores.own(id)).conclude('failed', {}, {});
      await age(db, id);
      const dies = () => Promise.reject(new Error('killed here'));
      const outbox = createWebhookOutbox(db);
      const dying = createWebhookDispatch({
        webhooks: hooks.store,
        deliveries: {
          ...hooks.deliveries,
          ...defined({ insertIfAbsent: step === 'insertIfAbsent' ? dies : undefined }),
        },
        queue: { ...hooks.queue, ...defined({ add: step === 'add' ? dies : undefined }) },
        outbox: {
          ...outbox,
          ...defined({ acknowledge: step === 'acknowledge' ? dies : undefined }),
        },
        clock: stores.clock,
        log,
        keepMs: 1e9,
      });
      await expect(dying.sweep()).rejects.toThrow('killed here');
      expect(await outboxOf(db, id)).toEqual(['session.failed 1']);
      await hooks.dispatch.sweep();
      await hooks.dispatch.sweep();
      expect(await outboxOf(db, id)).toEqual([]);
      expect(await db.collection('webhook_deliveries').countDocuments()).toBe(1);
      expect(await hooks.bull.getJobCountByTypes()).toBe(1);
    },
  );

  test('notifies once of each message that was undelivered when the session ended', async ({
    stores,
    db,
    hooks,
  }) => {
    const all = await hooks.store.create({ url: URL_OF_NOBODY });
    const some = await hooks.store.create({ url: URL_OF_NOBODY, types: ['message.undelivered'] });
    const other = await hooks.store.create({ url: URL_OF_NOBODY, types: ['message.delivered'] });
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const owned = await stores.own(id);
    const messages = [newId(), newId()];
    for (const one of messages) await stores.messageAcceptance.accept(id, { id: one, bytes: 5 });
    await owned.markRunning({});
    await age(db, id);
    await hooks.dispatch.sweep();
    await owned.conclude('failed', {}, {});
    await age(db, id);
    const dying = createWebhookOutbox(db);
    const [session] = await dying.olderThan(new Date(), 10);
    expect(session).toMatchObject({ id, undelivered: messages });
    await hooks.dispatch.sweep();
    // A process that died before it acknowledged the entries leaves them to the next sweep.
    await raw(db).updateOne({ _id: id }, { $set: defined({ webhooks_due: session?.entries }) });
    await hooks.dispatch.sweep();

    const made = await db.collection('webhook_deliveries').find({}).toArray();
    const facts = made.map(({ webhook_id, type, message_id = '' }) =>
      [webhook_id, type, message_id].join(' '),
    );
    expect(facts.sort()).toEqual(
      [
        `${all.id} session.started `,
        `${all.id} session.failed `,
        ...[all.id, some.id].flatMap((hook) =>
          messages.map((message) => `${hook} message.undelivered ${message}`),
        ),
      ].sort(),
    );
    expect((await hooks.deliveries.list(other.id, { limit: 1 })).deliveries).toEqual([]);
    const { deliveries } = await hooks.deliveries.list(some.id, { limit: 10 });
    expect(deliveries.map(({ message_id }) => message_id).sort()).toEqual([...messages].sort());
  });

  test('notifies of each message that an update delivered', async ({ stores, db, hooks }) => {
    const webhook = await hooks.store.create({ url: URL_OF_NOBODY, types: ['message.delivered'] });
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const at = new Date(Date.now() - 10_000);
    const entries = [newId(), newId()].map((message_id) => ({
      type: 'message.delivered' as const,
      attempt: 1,
      at,
      message_id,
    }));
    await raw(db).updateOne({ _id: id }, appendOutboxEntries(entries));
    expect(await hooks.dispatch.sweep()).toMatchObject({ notified: 2 });
    expect(await outboxOf(db, id)).toEqual([]);
    const { deliveries } = await hooks.deliveries.list(webhook.id, { limit: 10 });
    expect(deliveries).toEqual(
      expect.arrayContaining(entries.map((entry) => expect.objectContaining(entry))),
    );
  });

  test('notifies of a new session with a reused id, even if its events are the same', async ({
    stores,
    db,
    hooks,
  }) => {
    await hooks.store.create({ url: URL_OF_NOBODY });
    const session = makeSession();
    const { id } = session;
    const log = db.collection<{ _id: string }>('webhook_deliveries');
    for (const created_at of [session.created_at, new Date(session.created_at.getTime() + 1)]) {
      await stores.sessions.insertIfAbsent({ ...session, created_at });
      await (await stores.own(id)).conclude('completed', {}, {});
      await age(db, id);
      await hooks.dispatch.sweep();
      expect(await log.countDocuments({ status: 'pending' })).toBe(1);
      await log.updateMany({}, { $set: { status: 'delivered' }, $unset: { next_try_at: '' } });
      await raw(db).deleteOne({ _id: id });
    }
    expect(await log.countDocuments({ session_id: id })).toBe(2);
    expect(await hooks.bull.getWaitingCount()).toBe(2);
  });

  test('removes entries while there is no webhook, and notifies later webhooks', async ({
    stores,
    db,
    hooks,
  }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const owned = await stores.own(id);
    await owned.markRunning({});
    hooks.dispatch.notify(id);
    await hooks.dispatch.sweep();
    expect(await outboxOf(db, id)).toEqual([]);
    await hooks.store.create({ url: URL_OF_NOBODY });
    await owned.conclude('completed', {}, {});
    // `notify` may still have cached that there is no webhook; the sweep reads the webhooks again.
    await age(db, id);
    expect(await hooks.dispatch.sweep()).toMatchObject({ notified: 1 });
  });

  test('adds a new job for a pending delivery only if Redis lost its job', async ({
    stores,
    db,
    hooks,
  }) => {
    const webhook = await hooks.store.create({ url: URL_OF_NOBODY });
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    await (await stores.own(id)).conclude('completed', {}, {});
    await age(db, id);
    await hooks.dispatch.sweep();
    await hooks.bull.obliterate({ force: true });
    expect(await hooks.dispatch.sweep()).toMatchObject({ restored: 0 });
    await db
      .collection('webhook_deliveries')
      .updateOne(
        { webhook_id: webhook.id },
        { $set: { next_try_at: new Date(Date.now() - 60_000) } },
      );
    expect(await hooks.dispatch.sweep()).toMatchObject({ restored: 1 });
    expect(await hooks.bull.getWaitingCount()).toBe(1);
    expect(await hooks.dispatch.sweep()).toMatchObject({ restored: 0 });
  });

  test('finds a delivery without a job behind many deliveries that have a job', async ({
    db,
    hooks,
  }) => {
    const webhook = await hooks.store.create({ url: URL_OF_NOBODY });
    const happen = (n: number) =>
      hooks.deliveries.insertIfAbsent(webhook.id, {
        session_id: newId(),
        session_created_at: new Date(),
        type: 'session.completed',
        attempt: n,
        at: new Date(),
      });
    // As many deliveries as one sweep checks.
    const waiting = await Promise.all(Array.from({ length: 500 }, (_, n) => happen(n)));
    for (const delivery of waiting) await hooks.queue.add(delivery);
    const { id } = await happen(500);
    const deliveries = db.collection<{ _id: string }>('webhook_deliveries');
    const overdue = (ms: number) => ({ $set: { next_try_at: new Date(Date.now() - ms) } });
    await deliveries.updateMany({ _id: { $ne: id } }, overdue(90_000));
    await deliveries.updateOne({ _id: id }, overdue(60_000));
    let sweeps = 0;
    for (let restored = 0; restored === 0 && sweeps < 5; sweeps += 1) {
      ({ restored } = await hooks.dispatch.sweep());
    }
    expect(sweeps).toBeGreaterThan(1);
    expect(await hooks.bull.getJobState(`${id}.0`)).toBe('waiting');
    expect(await hooks.dispatch.sweep()).toMatchObject({ restored: 0 });
  });

  test("removes deliveries that are older than the log's retention", async ({
    stores,
    db,
    hooks,
  }) => {
    const webhook = await hooks.store.create({ url: URL_OF_NOBODY });
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    await (await stores.own(id)).conclude('completed', {}, {});
    await age(db, id);
    await hooks.dispatch.sweep();
    const day = 24 * 3600 * 1000;
    await db
      .collection('webhook_deliveries')
      .updateOne(
        { webhook_id: webhook.id },
        { $set: { status: 'delivered', created_at: new Date(Date.now() - 13 * day) } },
      );
    expect(await hooks.dispatch.sweep()).toMatchObject({ removed: 0 });
    await db
      .collection('webhook_deliveries')
      .updateOne({}, { $set: { created_at: new Date(Date.now() - 15 * day) } });
    expect(await hooks.dispatch.sweep()).toMatchObject({ removed: 1 });
  });

  test('keeps at most 300 outbox entries in a document', async ({ stores, db }) => {
    const { id } = await stores.sessions.insertIfAbsent(makeSession());
    const owned = await stores.own(id);
    for (let n = 0; n < 310; n += 1) await owned.markRunning({});
    expect(await outboxOf(db, id)).toHaveLength(300);
  });
});
