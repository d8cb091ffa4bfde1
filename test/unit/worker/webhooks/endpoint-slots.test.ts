import { expect, test } from 'vitest';
import {
  createEndpointSlots,
  SLOTS,
  slotDelayMs,
} from '../../../../apps/worker/src/webhooks/endpoint-slots.ts';

test('a webhook has a fixed number of slots, whatever other webhooks hold', () => {
  const slots = createEndpointSlots();
  const held = Array.from({ length: SLOTS }, () => slots.acquire('a'));
  expect(held).not.toContain(null);
  expect(slots.acquire('a')).toBeNull();
  expect(slots.acquire('b')).not.toBeNull();
  held[0]?.release(true);
  expect(slots.acquire('a')).not.toBeNull();
  expect(slots.acquire('a')).toBeNull();
});

test('a webhook that gave no answer has one slot until it answers', () => {
  const slots = createEndpointSlots();
  slots.acquire('a')?.release(false);
  const only = slots.acquire('a');
  expect(slots.acquire('a')).toBeNull();
  // No request was made, so nothing new is known about the endpoint.
  only?.release(undefined);
  const next = slots.acquire('a');
  expect(slots.acquire('a')).toBeNull();
  next?.release(true);
  expect(Array.from({ length: SLOTS }, () => slots.acquire('a'))).not.toContain(null);
});

test.each([
  [1, 200],
  [2, 400],
  [5, 3_200],
  [9, 30_000],
  [2_000, 30_000],
])(
  'a delivery that found no slot %i times is delayed by at most %i ms and at least half of that',
  (taken, ms) => {
    expect(slotDelayMs(taken, 1)).toBe(ms);
    expect(slotDelayMs(taken, 0)).toBe(ms / 2);
  },
);
