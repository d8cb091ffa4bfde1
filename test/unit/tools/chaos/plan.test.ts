import { idSchema } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { FAULT_KINDS, scheduleFaults } from '../../../../tools/chaos/faults.ts';
import { messageText } from '../../../../tools/chaos/numbered-message.ts';
import { readOptions } from '../../../../tools/chaos/options.ts';
import { planSessions } from '../../../../tools/chaos/plan.ts';
import { planMessages } from '../../../../tools/chaos/plan-messages.ts';
import { createRandom } from '../../../../tools/chaos/random.ts';

const MINUTE = 60_000;

describe('the planned faults', () => {
  const plan = (seed: number, ms = MINUTE) =>
    scheduleFaults({ seed, ms, leaseMs: 4_000, hosts: true });

  test('follow from the seed', () => {
    expect(plan(1)).toEqual(plan(1));
    expect(plan(1)).not.toEqual(plan(2));
  });

  test.for([10_000, MINUTE, 10 * MINUTE])('cover every kind of fault within %i ms', (ms) => {
    const faults = plan(3, ms);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
    expect(faults.every(({ atMs }) => atMs > 0 && atMs < ms)).toBe(true);
    expect(faults.map(({ atMs }) => atMs)).toEqual(
      faults.map(({ atMs }) => atMs).sort((a, b) => a - b),
    );
  });

  test('include the loss of a host only if each worker has its own host', () => {
    const shared = scheduleFaults({ seed: 1, ms: MINUTE, leaseMs: 4_000, hosts: false });
    expect(shared).toEqual(plan(1).filter(({ kind }) => kind !== 'lose_host_worker'));
  });

  test('flush Redis once, whatever the duration', () => {
    expect(plan(4, 60 * MINUTE).filter(({ kind }) => kind === 'flush_redis')).toHaveLength(1);
  });

  test('pause a worker for longer than its lease', () => {
    const pauses = plan(5, 60 * MINUTE).filter(({ kind }) => kind === 'pause_worker');
    expect(Math.min(...pauses.map(({ forMs }) => forMs))).toBeGreaterThan(4_000);
  });
});

describe('the planned sessions', () => {
  const plan = (seed: number) => planSessions({ seed, ms: MINUTE, sessions: 200 });

  test('follow from the seed', () => {
    expect(plan(1)).toEqual(plan(1));
    expect(plan(1)).not.toEqual(plan(2));
  });

  test('write each mark by a tool call only if the plan asks for it', () => {
    const [, plain] = plan(1);
    const [, called] = planSessions({ seed: 1, ms: MINUTE, sessions: 200, withTools: true });
    expect(plain?.query).not.toContain('with_tool');
    expect(called?.query).toContain('"with_tool":true');
    // A message begins a turn that leaves marks too.
    expect(plain && messageText(1, plain)).not.toContain('with_tool');
    expect(called && messageText(1, called)).toContain('"with_tool":true');
    expect(called?.id).toBe(plain?.id);
  });

  test('have the requested number and valid, unique ids', () => {
    const ids = plan(6).map(({ id }) => idSchema.parse(id));
    expect(new Set(ids).size).toBe(200);
  });

  test('include continued, cancelled and Redis-only sessions', () => {
    const sessions = plan(7);
    const some = (is: (session: (typeof sessions)[number]) => boolean) =>
      sessions.filter(is).length;
    for (const count of [
      some(({ isContinue }) => isContinue),
      some(({ isRedisOnly }) => isRedisOnly),
      some(({ cancelAfterMs }) => cancelAfterMs !== undefined),
    ]) {
      expect(count).toBeGreaterThan(5);
      expect(count).toBeLessThan(100);
    }
  });
});

test('random numbers are evenly spread and differ by name', () => {
  const random = createRandom(8);
  const tenths = Array.from({ length: 10_000 }, () => Math.floor(random.next() * 10));
  for (let tenth = 0; tenth < 10; tenth += 1) {
    expect(tenths.filter((one) => one === tenth).length).toBeGreaterThan(800);
  }
  expect(createRandom(8, 'a').next()).not.toBe(createRandom(8, 'b').next());
});

describe('the planned messages', () => {
  const plan = (seed: number) => planMessages({ seed, ms: MINUTE, sessions: 50 });

  test('follow from the seed', () => {
    expect(plan(1)).toEqual(plan(1));
    expect(plan(1)).not.toEqual(plan(2));
  });

  test('are numbered in the order in which they are sent', () => {
    const messages = plan(3);
    expect(messages.map(({ n }) => n)).toEqual(messages.map((_, index) => index + 1));
    const times = messages.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('have every priority, and some are taken back or go to any session', () => {
    const messages = plan(4);
    expect(new Set(messages.map(({ priority }) => priority)).size).toBe(3);
    expect(messages.some(({ takeBackAfterMs }) => takeBackAfterMs !== undefined)).toBe(true);
    expect(messages.some(({ isBlind }) => isBlind)).toBe(true);
  });
});

describe('the options of the chaos test', () => {
  test('default to 200 sessions, 10 minutes and a random seed', () => {
    expect(readOptions([])).toEqual({
      sessions: 200,
      minutes: 10,
      workers: 3,
      hosts: false,
      json: false,
      seed: expect.any(Number),
    });
  });

  test('are read from the command line', () => {
    expect(
      readOptions(['--sessions', '24', '--minutes=0.75', '--seed', '7', '--hosts', '--json']),
    ).toEqual({
      sessions: 24,
      minutes: 0.75,
      workers: 3,
      hosts: true,
      json: true,
      seed: 7,
    });
  });

  test.for([['--sessions', 'many'], ['--minutes', '0'], ['--nonsense'], ['--workers', '1']])(
    'cannot be %j',
    (args) => {
      expect(() => readOptions(args)).toThrow();
    },
  );
});
