import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Ownership, watchOwnership } from '../../../../apps/worker/src/attempt/ownership.ts';

const LEASE_MS = 12_000;

let lost: number;
let ownership: Ownership;

beforeEach(() => {
  vi.useFakeTimers();
  lost = 0;
  const count = () => {
    lost += 1;
  };
  ownership = watchOwnership(LEASE_MS, count, () => Date.now());
});
afterEach(() => {
  ownership.stop();
  vi.useRealTimers();
});

/** Lets a minute pass in which this is said every four seconds. */
function aMinuteOf(confirm: () => void): void {
  for (let passed = 0; passed < 60_000; passed += 4_000) {
    vi.advanceTimersByTime(4_000);
    confirm();
  }
}

describe('an attempt may go on', () => {
  test('while MongoDB confirms its fence, though Redis is away', () => {
    aMinuteOf(ownership.fenceHeld);
    expect(lost).toBe(0);
  });

  test('while Redis renews its lock, though MongoDB is away', () => {
    aMinuteOf(ownership.lockHeld);
    expect(lost).toBe(0);
  });

  test('for a lease length that neither confirms, and not much longer', () => {
    aMinuteOf(ownership.fenceHeld);
    vi.advanceTimersByTime(LEASE_MS - 1);
    expect(lost).toBe(0);
    vi.advanceTimersByTime(LEASE_MS / 6 + 1);
    expect(lost).toBe(1);
  });
});

test('it is told once that nobody confirms', () => {
  aMinuteOf(() => {});
  expect(lost).toBe(1);
});

test('once it has ended nothing is told', () => {
  ownership.stop();
  aMinuteOf(() => {});
  expect(lost).toBe(0);
});
