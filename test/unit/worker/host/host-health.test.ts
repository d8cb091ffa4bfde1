import { createLogger } from '@baton/core/internal';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createHostHealth } from '../../../../apps/worker/src/host/host-health.ts';
import type { HostProblem } from '../../../../apps/worker/src/host-problem/find-host-problem.ts';

const FULL: HostProblem = { code: 'HOST_ERROR', message: 'the disk is full (ENOSPC)' };

function createScene() {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const log = createLogger('test', 'silent');
  const lines: string[] = [];
  log.error = (...args: unknown[]) => void lines.push(`error ${args.at(-1)}`);
  log.info = (...args: unknown[]) => void lines.push(`info ${args.at(-1)}`);
  const received: string[] = [];
  let found: HostProblem | null = null;
  let probes = 0;
  const stuck = { watch() {}, problem: () => null, whyNot: () => null };
  let hanging: Promise<void> | undefined;
  const probe = async () => {
    probes += 1;
    await hanging;
    return found;
  };
  const host = createHostHealth({ probe, stuck, log });
  host.listen({
    onSick: () => received.push('sick'),
    onWell: () => received.push('well'),
    onSessionStarted: () => received.push('works'),
  });
  return {
    host,
    lines,
    received,
    probes: () => probes,
    set: (next: HostProblem | null) => (found = next),
    hang: () => {
      const hung = Promise.withResolvers<void>();
      hanging = hung.promise;
      return hung.resolve;
    },
  };
}

describe('a host', () => {
  test('logs one line when its health changes, however many attempts report a problem', async () => {
    const { host, lines, received, set } = createScene();
    set(FULL);
    for (let n = 0; n < 8; n += 1) host.report(FULL);
    expect(host.isSick).toBe(true);
    expect(host.whyNot()).toMatch(/the disk is full \(ENOSPC\).* probes the host again in 0\.5 s/);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(received).toEqual(['sick']);
    set(null);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(received).toEqual(['sick', 'well']);
    expect(host.whyNot()).toBeNull();
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['error', 'info']);
  });

  test('is sick while a probe hangs, and no second probe starts', async () => {
    const { host, received, hang, probes } = createScene();
    const proceed = hang();
    const checked = host.check();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await checked).toMatchObject({
      message: expect.stringContaining('did not end within 60 s'),
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(received).toEqual(['sick']);
    proceed();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([received, probes()]).toEqual([['sick', 'well'], 1]);
  });

  test('is probed after growing pauses, even if probes pass, until a session starts', async () => {
    const { host, set, probes } = createScene();
    set(FULL);
    host.report(FULL);
    await vi.advanceTimersByTimeAsync(500 + 1_000 + 2_000 + 4_000 + 8_000);
    expect(probes()).toBe(5);
    set(null);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(host.isSick).toBe(false);
    host.report(FULL);
    await vi.advanceTimersByTimeAsync(14_000);
    expect(host.isSick).toBe(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(host.isSick).toBe(false);
    host.reportStarted();
    host.report(FULL);
    await vi.advanceTimersByTimeAsync(500);
    expect(host.isSick).toBe(false);
  });

  test('is sick after a check that finds a problem', async () => {
    const { host, received, set } = createScene();
    expect(await host.check()).toBeNull();
    set(FULL);
    expect(await Promise.all([host.check(), host.check()])).toEqual([FULL, FULL]);
    expect(received).toEqual(['sick']);
  });
});
