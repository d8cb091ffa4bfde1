// Maintenance tasks are independent: one task cannot block the others or the leader lease.
import { createLeaderLease, createLogger, createStoreClock, newId } from '@baton/core/internal';
import { expect, onTestFinished } from 'vitest';
import {
  type MaintenanceTask,
  startMaintenance,
} from '../../../../apps/worker/src/maintenance/maintenance.ts';
import { test } from '../../../support/services.ts';
import { waitFor } from '../../../support/wait.ts';

const often = { everyMs: 10, limitMs: 60_000 };

test('a task that throws, hangs or takes long does not block the other tasks or the leader lease', async ({
  db,
}) => {
  const name = newId();
  const clock = createStoreClock(db);
  const logged: string[] = [];
  const log = createLogger('worker', 'info', { write: (line) => logged.push(line) });
  const runs = { good: 0, thrown: 0, hung: 0 };
  const tasks: MaintenanceTask[] = [
    {
      name: 'a task that hangs',
      everyMs: 10,
      limitMs: 50,
      run: () => {
        runs.hung += 1;
        return new Promise(() => {});
      },
    },
    { name: 'a task that hangs for long', ...often, run: () => new Promise(() => {}) },
    {
      name: 'a task that throws',
      ...often,
      run: async () => {
        runs.thrown += 1;
        throw new Error('it cannot');
      },
    },
    {
      name: 'a good task',
      ...often,
      run: async () => {
        runs.good += 1;
      },
    },
  ];
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());

  startMaintenance(tasks, { lease: createLeaderLease(db, clock, name, 'a'), log }, stopping.signal);

  await waitFor('every task to run again', () => Object.values(runs).every((count) => count > 2));
  const lines = logged.filter((line) => line.includes('"task":"a task that throws"'));
  expect(lines).toHaveLength(1);
  expect(logged.some((line) => line.includes('"task":"a task that hangs"'))).toBe(true);
  const other = createLeaderLease(db, clock, name, 'b');
  expect(await other.acquire(1)).toBe(false);
  stopping.abort();
  await waitFor('the lease to be free', () => other.acquire(1));
});
