import { defined } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { retriesAllowed, retryAt } from '../../../../apps/worker/src/attempt/backoff.ts';

const now = new Date('2026-01-01T00:00:00Z');

/** The pause in milliseconds. */
function pause(
  retries: number,
  { random = 0, firstMs = 2_000, retry_at = undefined as Date | undefined } = {},
) {
  const failure = { code: 'RATE_LIMITED' as const, ...defined({ retry_at }) };
  return retryAt(failure, { retries, now, random, firstMs }).getTime() - now.getTime();
}

describe('the pause before a retry', () => {
  test('doubles from the first pause up to five minutes', () => {
    expect([0, 1, 2, 3, 7, 8, 100].map((retries) => pause(retries))).toEqual([
      2_000, 4_000, 8_000, 16_000, 256_000, 300_000, 300_000,
    ]);
    expect(pause(2, { firstMs: 10 })).toBe(40);
  });

  test('is longer by a random part of up to half, so that a fleet does not retry at once', () => {
    expect(pause(0, { random: 0.5 })).toBe(2_500);
    expect(pause(0, { random: 1 })).toBe(3_000);
  });

  test('lasts until the reset of a rate limit if that is later', () => {
    const inAnHour = new Date(now.getTime() + 3_600_000);
    expect(pause(0, { retry_at: inAnHour })).toBe(3_600_000);
    expect(pause(0, { retry_at: inAnHour, random: 1 })).toBe(3_601_000);
    expect(pause(0, { retry_at: new Date(0) })).toBe(2_000);
  });
});

describe('the allowed retries of a session', () => {
  test.each([
    ['OVERLOADED', 3, 3],
    ['OVERLOADED', 0, 0],
    ['RATE_LIMITED', 3, 15],
    ['RATE_LIMITED', 0, 0],
  ] as const)('after %s with max_retries %i are %i', (code, maxRetries, allowed) => {
    expect(retriesAllowed(code, maxRetries)).toBe(allowed);
  });
});
