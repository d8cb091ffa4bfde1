// Short runs of `npm run chaos`, each with one seed and every kind of fault at least once.
import { expect } from 'vitest';
import { test } from '../support/script-process.ts';

const ARGS = ['--sessions=24', '--minutes=0.75', '--seed=7', '--json'];

test('no session is lost, run twice or stuck under any kind of fault', {
  timeout: 300_000,
}, async ({ scriptFolder }) => {
  const run = scriptFolder.run('../tools/chaos.ts', ARGS);
  const code = await run.ended;
  const figures = JSON.parse(run.out() || '{}');
  expect(figures.violations, run.err()).toEqual([]);
  expect(figures).toMatchObject({ holds: true, seed: 7, sessions: 24, failed: 0 });
  expect(figures.completed + figures.cancelled).toBe(24);
  expect(code).toBe(0);

  // The run really had each fault, and sessions were taken over.
  expect(Object.keys(figures.faults).sort()).toEqual([
    'flush_redis',
    'kill_mongodb',
    'kill_redis',
    'kill_worker',
    'lose_cli_worker',
    'lose_tmp_worker',
    'pause_worker',
    'poison_job',
    'readonly_redis',
    'stop_mongodb',
    'stop_worker',
  ]);
  expect(figures.crashes).toBeGreaterThan(0);
  expect(figures.events_seen_meanwhile).toBeGreaterThan(0);
  expect(figures.messages_delivered).toBeGreaterThan(0);
  expect(await scriptFolder.temporary()).toEqual([]);
});

const ARGS_WITH_HOSTS = ['--hosts', '--sessions=12', '--minutes=0.35', '--seed=7', '--json'];

test('the files of every session hold what its transcript shows, although hosts are lost with their disks', {
  timeout: 300_000,
}, async ({ scriptFolder }) => {
  const run = scriptFolder.run('../tools/chaos.ts', ARGS_WITH_HOSTS);
  const code = await run.ended;
  const figures = JSON.parse(run.out() || '{}');
  expect(figures.violations, run.err()).toEqual([]);
  expect(figures).toMatchObject({ holds: true, sessions: 12, failed: 0, not_portable: {} });
  expect(figures.faults.lose_host_worker).toBeGreaterThan(0);
  expect(figures.crashes).toBeGreaterThan(0);
  expect(figures.marks).toBeGreaterThan(0);
  expect(code).toBe(0);
  expect(await scriptFolder.temporary()).toEqual([]);
});
