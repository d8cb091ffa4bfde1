// MongoDB fails or hangs for one maintenance task only; the other tasks must still run.
import type { Document } from 'mongodb';
import { expect, onTestFinished } from 'vitest';
import { makeCompletedSession, makeSession } from '../../../support/factories.ts';
import { test } from '../../../support/fleet.ts';
import { createMongoProxy } from '../../../support/mongo-proxy.ts';
import { openStores } from '../../../support/stores.ts';
import { untilPasses, waitFor } from '../../../support/wait.ts';

const DAY_MS = 24 * 3600 * 1000;

const BAD_VALUE = { ok: 0, code: 2, codeName: 'BadValue', errmsg: 'no such operator' };

const isAskedForSchedules = ({ find }: Document) => find === 'schedules';
const isAskedForSessionsWithoutJob = ({ find, filter }: Document) =>
  find === 'sessions' && JSON.stringify(filter).includes('"waiting_for":{"$exists":false}');

test.for<[string, (command: Document) => boolean, Document | null]>([
  ['the repair of schedules gets no answer', isAskedForSchedules, null],
  ['the repair of schedules fails', isAskedForSchedules, BAD_VALUE],
  ['the search for sessions without a job gets no answer', isAskedForSessionsWithoutJob, null],
  ['the search for sessions without a job fails', isAskedForSessionsWithoutJob, BAD_VALUE],
])(
  'old sessions are still deleted although %s',
  { timeout: 60_000 },
  async ([, match, reply], { fleet: parent }) => {
    const fleet = parent.sibling(onTestFinished);
    const { sessions } = openStores(fleet.db);
    const old = makeCompletedSession({ end_time: new Date(Date.now() - 9 * DAY_MS) });
    const proxy = await createMongoProxy(fleet.env['MONGODB_URL'] ?? '');
    onTestFinished(() => proxy.close());
    proxy.answer(match, reply, Number.POSITIVE_INFINITY);
    await fleet.worker({ MONGODB_URL: proxy.url, RETENTION_DAYS: '7' });
    await waitFor('the task to have begun', () => proxy.answered > 0);

    await sessions.insertIfAbsent(old);

    await untilPasses(async () => expect(await sessions.get(old.id)).toBeNull());
  },
);

test('a session without a job gets a job while another maintenance task waits for MongoDB', {
  timeout: 60_000,
}, async ({ fleet: parent }) => {
  const fleet = parent.sibling(onTestFinished);
  const proxy = await createMongoProxy(fleet.env['MONGODB_URL'] ?? '');
  onTestFinished(() => proxy.close());
  proxy.answer(isAskedForSchedules, null, Number.POSITIVE_INFINITY);
  await fleet.worker({ MONGODB_URL: proxy.url });
  await waitFor('the task to have begun', () => proxy.answered > 0);

  const { sessions } = openStores(fleet.db);
  const { id } = await sessions.insertIfAbsent(makeSession());

  expect((await fleet.ended(id)).status).toBe('completed');
});
