import { describe, expect, test } from 'vitest';
import {
  limitCapsSchema,
  limitError,
  limitIdsOf,
  spentForToday,
  today,
  tooManyAMinute,
} from '../../../../../packages/core/src/model/limits/limit.ts';

test.each([
  [{}, []],
  [{ api_key_id: 'k' }, ['key:k']],
  [{ tags: ['a', 'b', 'a'] }, ['tag:a', 'tag:b']],
  [{ api_key_id: 'a', tags: ['a'] }, ['key:a', 'tag:a']],
])('a session with %j counts against the limits %j', (job, ids) => {
  expect(limitIdsOf(job)).toEqual(ids);
});

describe('the retry_after_s of a refusal', () => {
  test.each([
    ['2026-03-01T00:00:00.000Z', 86_400],
    ['2026-03-01T12:00:00.000Z', 43_200],
    ['2026-03-01T23:59:59.999Z', 1],
    ['2026-12-31T23:00:00.000Z', 3_600],
  ])('for a budget spent at %s is %i, the seconds until the next day', (now, seconds) => {
    expect(spentForToday('key:k', 1, new Date(now)).retryAfterS).toBe(seconds);
  });

  test.each([
    [0, 1],
    [1, 1],
    [1_000, 1],
    [59_001, 60],
  ])('for a rate whose minute ends in %i ms is %i', (ms, seconds) => {
    expect(tooManyAMinute('key:k', 1, ms).retryAfterS).toBe(seconds);
  });

  test('is part of the error', () => {
    expect(limitError(tooManyAMinute('tag:x', 3, 2_000))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'tag:x', cap: 'max_sessions_per_minute', max: 3, retry_after_s: 2 },
    });
  });
});

test('a day starts at midnight UTC', () => {
  expect(today(new Date('2026-03-01T00:30:00+02:00')).toISOString()).toBe(
    '2026-02-28T00:00:00.000Z',
  );
});

test('a limit must set at least one cap', () => {
  expect(limitCapsSchema.safeParse({}).success).toBe(false);
  expect(limitCapsSchema.safeParse({ max_usd_per_day: 0 }).success).toBe(true);
});
