import { expect, test } from 'vitest';
import { judgeDeliveryTry } from '../../../../apps/worker/src/webhooks/judge-delivery-try.ts';

const first = { tries: 1, firstMs: 5_000, random: 0 };

test.each([200, 201, 204, 299])('a delivery with status %i is delivered', (status) => {
  expect(judgeDeliveryTry({ status }, first)).toEqual({ kind: 'delivered' });
});

test.each([{ status: 301 }, { status: 400 }, { status: 500 }, { error: 'ECONNREFUSED' }, {}])(
  'a delivery with %j is retried',
  (facts) => {
    expect(judgeDeliveryTry(facts, first)).toEqual({ kind: 'retry', inMs: 5_000 });
  },
);

test('a delivery with status 410 fails, and its endpoint is gone', () => {
  expect(judgeDeliveryTry({ status: 410 }, first)).toMatchObject({ kind: 'failed', gone: true });
});

test.each([
  [1, 5_000],
  [2, 20_000],
  [3, 80_000],
  [5, 1_280_000],
  [9, 12 * 3600 * 1000],
])('the pause after try %i is %i ms', (tries, inMs) => {
  expect(judgeDeliveryTry({ status: 500 }, { ...first, tries })).toEqual({ kind: 'retry', inMs });
});

test('the pause is longer by a random part of at most a quarter', () => {
  expect(judgeDeliveryTry({ status: 500 }, { ...first, random: 1 })).toEqual({
    kind: 'retry',
    inMs: 6_250,
  });
});

test('the pause follows Retry-After within limits', () => {
  const asked = (retryAfterMs: number) => judgeDeliveryTry({ status: 429, retryAfterMs }, first);
  expect(asked(60_000)).toEqual({ kind: 'retry', inMs: 60_000 });
  expect(asked(1)).toEqual({ kind: 'retry', inMs: 5_000 });
  expect(asked(1e12)).toEqual({ kind: 'retry', inMs: 12 * 3600 * 1000 });
});

test('the tenth try is the last, and the error gives the reason', () => {
  expect(judgeDeliveryTry({ status: 302 }, { ...first, tries: 10 })).toEqual({
    kind: 'failed',
    error: 'gave up after 10 tries; the last one: status 302; redirects are not followed',
    gone: false,
  });
});
