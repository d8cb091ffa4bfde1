// A worker frees the slots of its sessions when they end.
import { NO_TOTALS } from '@baton/core/internal';
import { expect } from 'vitest';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { makeCompletedSession } from '../../../support/factories.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { waitFor } from '../../../support/wait.ts';

// A producer has no MongoDB, so it names the limits of its sessions itself.
function launch(fleet: Fleet, limit: string, wait = 100) {
  const query = fakePrompt([{ sleep: wait }, { say: 'done' }]);
  return fleet.launch({ query }, { limits: [limit], on_limit: 'wait' });
}

test('sessions under a limit of one session run one after the other, and each end releases the next session', async ({
  fleet,
}) => {
  await fleet.baton.operatorLimits.put('tag', 'narrow', { max_sessions_at_once: 1 });
  const ids = await Promise.all([1, 2, 3].map(() => launch(fleet, 'tag:narrow')));
  await fleet.worker();

  const ended = await Promise.all(ids.map((id) => fleet.ended(id)));

  expect(ended.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
  const runs = ended
    .map(({ attempts, end_time }) => [attempts[0]?.started_at ?? 0, end_time ?? 0])
    .sort(([a], [b]) => Number(a) - Number(b));
  for (const [index, [, end]] of runs.slice(0, -1).entries()) {
    expect(Number(runs[index + 1]?.[0])).toBeGreaterThanOrEqual(Number(end));
  }
  // The slot is freed a moment after the end is written.
  const slotsTaken = async () =>
    (await fleet.baton.operatorLimits.get('tag', 'narrow')).now?.sessions_at_once;
  await waitFor('the last slot to be free', async () => (await slotsTaken()) === 0);
});

test('a session that waits for the daily cap runs once the cap has room again', async ({
  fleet,
}) => {
  const { operatorLimits: limits } = fleet.baton;
  await limits.put('tag', 'dear', { max_usd_per_day: 1 });
  const spent = makeCompletedSession({ tags: ['dear'], totals: { ...NO_TOTALS, cost_usd: 2 } });
  const { id: _id, ...fields } = spent;
  await fleet.db.collection<{ _id: string }>('sessions').insertOne({ _id, ...fields });
  const id = await launch(fleet, 'tag:dear');
  await fleet.until(id, 'waiting', ({ waiting_for }) => waiting_for === 'budget');

  // The spending moves to yesterday, as it does at midnight.
  const yesterday = new Date(Date.now() - 24 * 3600 * 1000);
  await fleet.db
    .collection<{ _id: string }>('sessions')
    .updateOne({ _id }, { $set: { end_time: yesterday } });

  expect(await fleet.ended(id)).toMatchObject({ status: 'completed' });
  const { usage } = fleet.baton.stores;
  expect((await usage.total({ root_session_id: id })).sessions).toBe(1);
});
