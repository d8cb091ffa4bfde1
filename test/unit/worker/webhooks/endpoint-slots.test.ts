import { expect, test } from 'vitest';
import {
  createEndpointSlots,
  putOffMs,
  SLOTS,
} from '../../../../apps/worker/src/webhooks/endpoint-slots.ts';

test('a webhook holds so many places and no more, whatever others hold', () => {
  const places = createEndpointSlots();
  const held = Array.from({ length: SLOTS }, () => places.take('a'));
  expect(held).not.toContain(null);
  expect(places.take('a')).toBeNull();
  expect(places.take('b')).not.toBeNull();
  held[0]?.leave(true);
  expect(places.take('a')).not.toBeNull();
  expect(places.take('a')).toBeNull();
});

test('a webhook that gave no answer holds one place, until it answers', () => {
  const places = createEndpointSlots();
  places.take('a')?.leave(false);
  const only = places.take('a');
  expect(places.take('a')).toBeNull();
  // It was not asked: nothing is known that was not known before.
  only?.leave(undefined);
  const next = places.take('a');
  expect(places.take('a')).toBeNull();
  next?.leave(true);
  expect(Array.from({ length: SLOTS }, () => places.take('a'))).not.toContain(null);
});

test.each([
  [1, 200],
  [2, 400],
  [5, 3_200],
  [9, 30_000],
  [2_000, 30_000],
])(
  'a delivery that was taken %i times and has no place waits %i ms at most, half at least',
  (taken, ms) => {
    expect(putOffMs(taken, 1)).toBe(ms);
    expect(putOffMs(taken, 0)).toBe(ms / 2);
  },
);
