import { describe, expect, test } from 'vitest';
import { retryDelayMs, type TryFacts } from '../../../packages/client/src/retry.ts';

const tried = (changes: Partial<TryFacts> = {}): TryFacts => ({
  isRepeatable: true,
  attempts: 1,
  random: 1,
  ...changes,
});

const error = (
  code: Parameters<typeof retryDelayMs>[0]['code'],
  status?: number,
  retryAfterMs?: number,
) => ({ code, status, retryAfterMs });

describe('a call is retried', () => {
  test.each([
    ['Baton was unreachable', error('UNREACHABLE')],
    ['a store was unavailable', error('UNAVAILABLE', 503)],
    ['a limit was reached', error('LIMIT_EXCEEDED', 429)],
    ['a proxy answered with 502', error('BAD_ANSWER', 502)],
    ['a proxy timed out', error('BAD_ANSWER', 504)],
  ])('if %s', (_why, failed) => {
    expect(retryDelayMs(failed, tried())).toBe(200);
  });

  test('if it was refused before it had any effect, even if it is not repeatable', () => {
    expect(retryDelayMs(error('LIMIT_EXCEEDED', 429), tried({ isRepeatable: false }))).toBe(200);
  });
});

describe('a call is not retried', () => {
  test.each([
    ['it was refused permanently', error('INVALID_REQUEST', 400)],
    ['there is no such session', error('SESSION_NOT_FOUND', 404)],
    ['the session is in another state', error('SESSION_TERMINAL', 409)],
    ['Baton failed unexpectedly', error('INTERNAL', 500)],
    ['the answer does not come from Baton', error('BAD_ANSWER', 200)],
    ['it timed out', error('TIMED_OUT')],
  ])('if %s', (_why, failed) => {
    expect(retryDelayMs(failed, tried())).toBeNull();
  });

  test.each([error('UNREACHABLE'), error('UNAVAILABLE', 503)])(
    'if it is not repeatable and the first try may have had an effect: $code',
    (failed) => {
      expect(retryDelayMs(failed, tried({ isRepeatable: false }))).toBeNull();
    },
  );
});

describe('the wait before a retry', () => {
  const away = error('UNAVAILABLE', 503);

  test('doubles up to five seconds', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 50].map((attempts) =>
      retryDelayMs(away, tried({ attempts })),
    );
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  test('is random, but at least half of its maximum', () => {
    expect(retryDelayMs(away, tried({ random: 0 }))).toBe(100);
  });

  test("is never shorter than the response's Retry-After", () => {
    const received = error('UNAVAILABLE', 503, 7_000);
    expect(retryDelayMs(received, tried({ random: 0 }))).toBe(7_000);
    expect(retryDelayMs(received, tried({ random: 1 }))).toBeGreaterThan(7_000);
  });
});
