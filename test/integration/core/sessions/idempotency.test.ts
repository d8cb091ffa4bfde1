// One key makes one session, even if a request is repeated or one of the two writes is missing.
import { createAdopter, createSessionServices, idOfKey, newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { createQueueProducer as createProducerOf } from '../../../../packages/core/src/producer.ts';
import { parseLaunchJob } from '../../../../packages/core/src/queue/job-builder.ts';
import { makeCompletedSession } from '../../../support/factories.ts';
import { test as base } from '../stores.ts';

const test = base.extend(
  'manager',
  ({ stores, queue }) => createSessionServices({ stores, clock: stores.clock, queue }).manager,
);

const key = () => ({ idempotency_key: newId() });
const CONFLICT = { code: 'IDEMPOTENCY_CONFLICT' };

describe('a launch with an idempotency key', () => {
  test('returns the same session when it is repeated, and marks it as replayed', async ({
    manager,
    queue,
  }) => {
    const options = { ...key(), title: 'T', delay_ms: 60_000 };
    const first = await manager.acceptance.launch({ query: 'q' }, options);
    const second = await manager.acceptance.launch({ query: 'q' }, options);
    expect(first).toMatchObject({ replayed: false, session: { status: 'queued' } });
    expect(second).toEqual({ session: first.session, replayed: true });
    expect(first.session.id).toBe(idOfKey('default', options.idempotency_key));
    expect(await queue.find(first.session.id)).not.toBeNull();
  });

  test('is refused with another body, and the first session stays', async ({ manager, stores }) => {
    const options = key();
    const { id } = await manager.launchSession({ query: 'first' }, options);
    await expect(manager.launchSession({ query: 'second' }, options)).rejects.toMatchObject({
      ...CONFLICT,
      details: { id },
    });
    expect(await stores.sessions.get(id)).toMatchObject({ query: 'first' });
  });

  test('makes a separate session for each tenant', async ({ manager }) => {
    const options = key();
    const ours = await manager.launchSession({ query: 'q' }, { ...options, tenant: 'a' });
    const theirs = await manager.launchSession({ query: 'q' }, { ...options, tenant: 'b' });
    expect(ours.id).not.toBe(theirs.id);
  });

  test('makes one session and one job when it is sent a hundred times at once', async ({
    manager,
    queue,
  }) => {
    const options = key();
    const all = await Promise.all(
      Array.from({ length: 100 }, () => manager.launchSession({ query: 'q' }, options)),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(new Set(all.map(({ created_at }) => created_at)).size).toBe(1);
    const jobs = await queue.bull.getJobs(['wait']);
    expect(jobs.filter(({ id }) => id === all[0]?.id)).toHaveLength(1);
  });

  test('accepts only one of two bodies that are sent at once', async ({ manager }) => {
    const options = key();
    const asked = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        manager.launchSession({ query: index % 2 === 0 ? 'even' : 'odd' }, options),
      ),
    );
    const taken = asked.filter((one) => one.status === 'fulfilled').map(({ value }) => value.query);
    const refused = asked.filter((one) => one.status === 'rejected').map(({ reason }) => reason);
    expect(new Set(taken).size).toBe(1);
    expect(taken).toHaveLength(10);
    for (const reason of refused) expect(reason).toMatchObject(CONFLICT);
  });

  test('returns the same session if the first process died before it stored the document', async ({
    manager,
    queue,
    stores,
  }) => {
    const options = key();
    const job = parseLaunchJob({ query: 'q' }, options);
    await queue.add(job); // but no document, as if the process died here
    expect(await stores.sessions.get(job.id)).toBeNull();
    const again = await manager.acceptance.launch({ query: 'q' }, options);
    expect(again).toMatchObject({
      replayed: true,
      session: { id: job.id, created_at: new Date(job.created_at ?? '') },
    });
    await expect(manager.launchSession({ query: 'other' }, options)).rejects.toMatchObject(
      CONFLICT,
    );
  });

  test('returns the same session if Redis lost its job', async ({ manager, queue }) => {
    const options = key();
    const first = await manager.launchSession({ query: 'q' }, options);
    await queue.drop(first.id);
    expect(await manager.launchSession({ query: 'q' }, options)).toEqual(first);
  });

  test('returns the failed session if a worker refused the first request', async ({
    manager,
    queue,
    stores,
  }) => {
    const options = key();
    const request = { parent_session_id: newId(), query: 'q' };
    const { id } = await createProducerOf(queue).continueSession(request, options);
    const found = await queue.find(id);
    if (!found) throw new Error('expected a job');
    await createAdopter(stores, (other) => queue.find(other)).adopt(found);
    expect(await manager.continueSession(request, options)).toMatchObject({
      id,
      status: 'failed',
      failure: { code: 'PARENT_NOT_FOUND' },
    });
    await expect(
      manager.continueSession({ ...request, query: 'other' }, options),
    ).rejects.toMatchObject(CONFLICT);
  });
});

describe('a continue with an idempotency key', () => {
  test('returns the same session when repeated, even if the parent is no longer resumable', async ({
    manager,
    stores,
    db,
  }) => {
    const parent = await stores.sessions.insertIfAbsent(makeCompletedSession());
    const request = { parent_session_id: parent.id, query: 'go on' };
    const options = key();
    const first = await manager.continueSession(request, options);
    await db
      .collection<{ _id: string }>('sessions')
      .updateOne({ _id: parent.id }, { $set: { transcript: { files: [] } } });
    expect(await manager.continueSession(request, options)).toEqual(first);
    await expect(manager.continueSession(request, key())).rejects.toMatchObject({
      code: 'PARENT_NOT_RESUMABLE',
    });
  });

  test.for(['another parent', 'a launch'])(
    'leads to a conflict if its key is used again for %s',
    async (what, { manager, stores }) => {
      const parents = [];
      for (let n = 0; n < 2; n += 1) {
        parents.push(await stores.sessions.insertIfAbsent(makeCompletedSession()));
      }
      const [one, other] = parents.map(({ id }) => ({ parent_session_id: id, query: 'q' }));
      if (!one || !other) throw new Error('expected two parents');
      const options = key();
      await manager.continueSession(one, options);
      const again =
        what === 'a launch'
          ? manager.launchSession({ query: 'q' }, options)
          : manager.continueSession(other, options);
      await expect(again).rejects.toMatchObject(CONFLICT);
    },
  );
});
