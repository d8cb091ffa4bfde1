import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { markedProcesses } from '../../../../apps/worker/src/host/orphans.ts';
import { pidNamespaceOf, pidScope } from '../../../../apps/worker/src/host/pid-scope.ts';
import { ownerOfRunDir } from '../../../../apps/worker/src/host/run-dirs.ts';

describe('the pid scope', () => {
  test('identifies this host and pid namespace', () => {
    expect(pidScope()).toMatch(/^[0-9a-f]{8}$/);
    expect(pidScope()).toBe(pidScope());
    expect(pidNamespaceOf('self')).toBe(pidNamespaceOf(process.pid));
    expect(pidNamespaceOf(2 ** 30)).toBeNull();
  });

  test('excludes the owners of another host’s folders on a shared disk', () => {
    const owner = { pid: 12, startTime: '345' };
    expect(ownerOfRunDir(`baton-run-12-345-${pidScope()}-aBcDeF`)).toEqual(owner);
    const other = pidScope() === '00000000' ? '11111111' : '00000000';
    expect(ownerOfRunDir(`baton-run-12-345-${other}-aBcDeF`)).toBeNull();
  });
});

test('the sweep finds a process with a marker', async () => {
  const env = { BATON_RUN: 'a-worker 1 2 a-session-of-this-test 3' };
  const child = spawn('/bin/cat', { env, stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  // At the event 'spawn', /proc may not show the environment yet. A program that answers is complete.
  child.stdin.write('x');
  await once(child.stdout, 'data');
  const found = (await markedProcesses()).filter(({ pid }) => pid === child.pid);
  expect(found).toMatchObject([{ marker: { sessionId: 'a-session-of-this-test', fence: 3 } }]);
});
