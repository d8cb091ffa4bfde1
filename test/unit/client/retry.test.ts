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

describe('a call is made again', () => {
  test.each([
    ['nobody answered', error('UNREACHABLE')],
    ['a store was away', error('UNAVAILABLE', 503)],
    ['a limit was reached', error('LIMIT_EXCEEDED', 429)],
    ['a proxy answered for nobody', error('BAD_ANSWER', 502)],
    ['a proxy waited in vain', error('BAD_ANSWER', 504)],
  ])('where %s', (_why, failed) => {
    expect(retryDelayMs(failed, tried())).toBe(200);
  });

  test('where it was refused before anything was done, though twice were more than once', () => {
    expect(retryDelayMs(error('LIMIT_EXCEEDED', 429), tried({ isRepeatable: false }))).toBe(200);
  });
});

describe('a call is not made again', () => {
  test.each([
    ['it was refused for good', error('INVALID_REQUEST', 400)],
    ['there is no such session', error('SESSION_NOT_FOUND', 404)],
    ['another state is in the way', error('SESSION_TERMINAL', 409)],
    ['Baton failed unexpectedly', error('INTERNAL', 500)],
    ['what answers is not Baton', error('BAD_ANSWER', 200)],
    ['its time is over', error('TIMED_OUT')],
  ])('where %s', (_why, failed) => {
    expect(retryDelayMs(failed, tried())).toBeNull();
  });

  test.each([error('UNREACHABLE'), error('UNAVAILABLE', 503)])(
    'where twice would be more than once, and the first may have come through: $code',
    (failed) => {
      expect(retryDelayMs(failed, tried({ isRepeatable: false }))).toBeNull();
    },
  );
});

describe('the wait', () => {
  const away = error('UNAVAILABLE', 503);

  test('doubles up to five seconds', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 50].map((attempts) =>
      retryDelayMs(away, tried({ attempts })),
    );
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  test('is half as long at the least, so that those who failed together do not come together', () => {
    expect(retryDelayMs(away, tried({ random: 0 }))).toBe(100);
  });

  test('is never shorter than the answer asked for', () => {
    const received = error('UNAVAILABLE', 503, 7_000);
    expect(retryDelayMs(received, tried({ random: 0 }))).toBe(7_000);
    expect(retryDelayMs(received, tried({ random: 1 }))).toBeGreaterThan(7_000);
  });
});
