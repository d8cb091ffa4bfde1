import { idSchema } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { FAULT_KINDS, scheduleFaults } from '../../../../tools/chaos/faults.ts';
import { readOptions } from '../../../../tools/chaos/options.ts';
import { planSessions } from '../../../../tools/chaos/plan.ts';
import { createRandom } from '../../../../tools/chaos/random.ts';

const MINUTE = 60_000;

describe('the faults', () => {
  const plan = (seed: number, ms = MINUTE) => scheduleFaults({ seed, ms, leaseMs: 4_000 });

  test('follow from the seed', () => {
    expect(plan(1)).toEqual(plan(1));
    expect(plan(1)).not.toEqual(plan(2));
  });

  test.for([10_000, MINUTE, 10 * MINUTE])('in %i ms every kind comes, within the time', (ms) => {
    const faults = plan(3, ms);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
    expect(faults.every(({ atMs }) => atMs > 0 && atMs < ms)).toBe(true);
    expect(faults.map(({ atMs }) => atMs)).toEqual(
      faults.map(({ atMs }) => atMs).sort((a, b) => a - b),
    );
  });

  test('Redis is flushed once, however long it goes on', () => {
    expect(plan(4, 60 * MINUTE).filter(({ kind }) => kind === 'flush_redis')).toHaveLength(1);
  });

  test('a pause is always longer than the lease', () => {
    const pauses = plan(5, 60 * MINUTE).filter(({ kind }) => kind === 'pause_worker');
    expect(Math.min(...pauses.map(({ forMs }) => forMs))).toBeGreaterThan(4_000);
  });
});

describe('the sessions', () => {
  const plan = (seed: number) => planSessions({ seed, ms: MINUTE, sessions: 200 });

  test('follow from the seed', () => {
    expect(plan(1)).toEqual(plan(1));
    expect(plan(1)).not.toEqual(plan(2));
  });

  test('are as many as asked for, each with an id that Baton takes', () => {
    const ids = plan(6).map(({ id }) => idSchema.parse(id));
    expect(new Set(ids).size).toBe(200);
  });

  test('are of every sort: launched, continued, cancelled, known to Redis alone', () => {
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

test('random numbers are spread, and differ by name', () => {
  const random = createRandom(8);
  const tenths = Array.from({ length: 10_000 }, () => Math.floor(random.next() * 10));
  for (let tenth = 0; tenth < 10; tenth += 1) {
    expect(tenths.filter((one) => one === tenth).length).toBeGreaterThan(800);
  }
  expect(createRandom(8, 'a').next()).not.toBe(createRandom(8, 'b').next());
});

describe('the options', () => {
  test('default to 200 sessions and 10 minutes, the seed made up', () => {
    expect(readOptions([])).toEqual({
      sessions: 200,
      minutes: 10,
      workers: 3,
      json: false,
      seed: expect.any(Number),
    });
  });

  test('are read from the command line', () => {
    expect(readOptions(['--sessions', '24', '--minutes=0.75', '--seed', '7', '--json'])).toEqual({
      sessions: 24,
      minutes: 0.75,
      workers: 3,
      json: true,
      seed: 7,
    });
  });

  test.for([['--sessions', 'many'], ['--minutes', '0'], ['--nonsense'], ['--workers', '1']])(
    '%j is refused',
    (args) => {
      expect(() => readOptions(args)).toThrow();
    },
  );
});
