import {
  createReconcileStore,
  type JobSource,
  jobOfSession,
  jobSchema,
  newId,
  type Session,
} from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { makeSession } from '../../../support/factories.ts';
import { test } from '../stores.ts';

const expired = { fence: 1, owner: 'w', expires_at: new Date(Date.now() - 1_000) };
const held = { fence: 1, owner: 'w', expires_at: new Date(Date.now() + 60_000) };

const SESSIONS: [string, Partial<Session>, boolean][] = [
  ['queued', {}, true],
  ['queued for later', { not_before: new Date(Date.now() + 3_600_000) }, true],
  ['queued behind another', { waiting_for: 'parent' }, false],
  ['starting', { status: 'starting', lease: held }, false],
  ['running', { status: 'running', lease: held }, false],
  ['starting with an expired lease', { status: 'starting', lease: expired }, true],
  ['running with an expired lease', { status: 'running', lease: expired }, true],
  ['completed', { status: 'completed' }, false],
  ['failed', { status: 'failed' }, false],
  ['cancelled', { status: 'cancelled' }, false],
];

async function all(pages: AsyncGenerator<JobSource[]>): Promise<JobSource[]> {
  const found: JobSource[] = [];
  for await (const page of pages) found.push(...page);
  return found;
}

describe('the sessions that should have a job', () => {
  test('are the queued sessions that may run, and the sessions that lost their worker', async ({
    db,
    stores,
  }) => {
    const expected: string[] = [];
    for (const [, fields, needsOne] of SESSIONS) {
      const { id } = await stores.sessions.insertIfAbsent(makeSession(fields));
      if (needsOne) expected.push(id);
    }
    const found = await all(createReconcileStore(db, stores.clock).needingJobs());
    expect(found.map(({ id }) => id).sort()).toEqual(expected.sort());
    for (const session of found) {
      expect(await stores.sessions.get(session.id)).toMatchObject(session);
      expect(jobSchema.safeParse(jobOfSession(session)).success).toBe(true);
    }
  });

  test('are found by the time of the store clock', async ({ db, stores }) => {
    const { id } = await stores.sessions.insertIfAbsent(
      makeSession({ status: 'running', lease: held }),
    );
    const tomorrow = { now: async () => new Date(Date.now() + 86_400_000) };
    const found = await all(createReconcileStore(db, tomorrow).needingJobs());
    expect(found.map((session) => session.id)).toContain(id);
  });

  test('are all found even if there are many', async ({ db, stores }) => {
    const sessions = Array.from({ length: 1_200 }, () => makeSession({ title: 'many' }));
    await db
      .collection<{ _id: string }>('sessions')
      .insertMany(sessions.map(({ id, ...session }) => ({ _id: id, ...session })));
    const found = await all(createReconcileStore(db, stores.clock).needingJobs());
    const ids = found.flatMap(({ id, title }) => (title === 'many' ? [id] : []));
    expect(ids.sort()).toEqual(sessions.map(({ id }) => id).sort());
  });
});

describe('job ids', () => {
  test('are sorted into ids without a document, ids of terminal sessions, and the rest', async ({
    db,
    stores,
  }) => {
    const store = createReconcileStore(db, stores.clock);
    const ended = [];
    const live = [];
    for (const status of ['completed', 'failed', 'cancelled'] as const) {
      ended.push((await stores.sessions.insertIfAbsent(makeSession({ status }))).id);
    }
    for (const status of ['queued', 'starting', 'running'] as const) {
      live.push((await stores.sessions.insertIfAbsent(makeSession({ status }))).id);
    }
    const unknown = [newId(), 'no uuid'];
    expect(await store.classify([...live, ...ended, ...unknown])).toEqual({
      unknown,
      terminal: ended,
    });
    expect(await store.classify([])).toEqual({ unknown: [], terminal: [] });
  });
});
