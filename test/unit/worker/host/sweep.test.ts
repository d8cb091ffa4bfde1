import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { startTimeOf } from '../../../../apps/worker/src/host/marker.ts';
import { ownerOfRunDir } from '../../../../apps/worker/src/host/run-dirs.ts';
import { isGone, SWEEP_MS } from '../../../../apps/worker/src/host/sweep.ts';

const me = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '0' };

async function deadPid(): Promise<number> {
  const child = spawn('/bin/true', { stdio: 'ignore', env: {} });
  await once(child, 'close');
  return child.pid ?? 0;
}

/** The start time of a process on a host that does not show it. */
const unknown = () => null;

describe('the worker that a marker names', () => {
  test('is not gone while its process runs', () => {
    expect(isGone(me)).toBe(false);
  });

  test('is gone when its process has ended, even if a later process has the same pid', async () => {
    expect(isGone({ ...me, pid: await deadPid() })).toBe(true);
    expect(isGone(me, () => '1')).toBe(true);
  });

  test('is not gone while its pid exists if start times are unknown', async () => {
    expect(isGone({ ...me, startTime: '0' }, unknown)).toBe(false);
    expect(isGone({ pid: await deadPid(), startTime: '0' }, unknown)).toBe(true);
  });

  test('is not gone if its process belongs to another user', () => {
    // pid 1 is init, which exists even if this user may not signal it.
    expect(isGone({ pid: 1, startTime: '0' }, unknown)).toBe(false);
  });
});

test('a worker sweeps its host as often as docs/reliability.md promises', () => {
  expect(SWEEP_MS).toBeLessThanOrEqual(10_000);
});

test.each([
  ['baton-run-12-345-aBcDeF', { pid: 12, startTime: '345' }],
  ['baton-run-12-0-aBcDeF', { pid: 12, startTime: '0' }],
  ['baton-run-12', null],
  ['baton-test-12-345-x', null],
  ['my-baton-run-12-345-x', null],
])('the folder %s belongs to %j', (name, owner) => {
  expect(ownerOfRunDir(name)).toEqual(owner);
});
