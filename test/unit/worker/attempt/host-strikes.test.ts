import { type Attempt, defined, type HostFailure, type Outcome } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { countHostFailure } from '../../../../apps/worker/src/attempt/host-strikes.ts';

const at = (second: number) => new Date(second * 1000);

const failure = (worker_id: string, second: number): HostFailure => ({
  worker_id,
  at: at(second),
  code: 'HOST_ERROR',
  message: 'the folder is away',
  proved: second > 0,
});

const attempt = (number: number, second: number, pid?: number): Attempt => ({
  attempt: number,
  fence: number,
  worker_id: 'w',
  host: 'h',
  started_at: at(second),
  ...defined({ pid }),
});

const met: Outcome = {
  kind: 'host_failure',
  waitMs: 0,
  failure: { code: 'HOST_ERROR', message: 'the folder is away', retryable: true },
};
const strike = { workerId: 'w4', now: at(40) };
const host_failures = [failure('w1', 0), failure('w2', 10), failure('w3', 20)];

describe('a session that three hosts kept from starting', () => {
  test('fails at the next host if none of its processes ever started', () => {
    const attempts = [attempt(1, 0), attempt(2, 10), attempt(3, 20)];
    const counted = countHostFailure({ attempts, host_failures }, met, strike);
    expect(counted.outcome).toMatchObject({ kind: 'failed', failure: { retryable: false } });
    expect(counted.hostFailures).toHaveLength(4);
  });

  test('returns to the queue if one of its processes started in between, and keeps its failures on record', () => {
    const attempts = [attempt(1, 0), attempt(2, 10), attempt(3, 15, 4711), attempt(4, 20)];
    const counted = countHostFailure({ attempts, host_failures }, met, strike);
    expect(counted.outcome).toBe(met);
    expect(counted.hostFailures?.map(({ worker_id }) => worker_id)).toEqual([
      'w1',
      'w2',
      'w3',
      'w4',
    ]);
  });
});

test('an outcome that is not a host failure is not counted as a host failure', () => {
  const cancelled: Outcome = { kind: 'cancelled' };
  const counted = countHostFailure({ attempts: [], host_failures }, cancelled, strike);
  expect(counted).toEqual({ outcome: cancelled });
});
