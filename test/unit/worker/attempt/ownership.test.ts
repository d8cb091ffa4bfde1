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

/** Calls `confirm` every four seconds for a minute. */
function aMinuteOf(confirm: () => void): void {
  for (let passed = 0; passed < 60_000; passed += 4_000) {
    vi.advanceTimersByTime(4_000);
    confirm();
  }
}

describe('an attempt keeps its session', () => {
  test('while MongoDB confirms its fence, even if Redis is away', () => {
    aMinuteOf(ownership.fenceHeld);
    expect(lost).toBe(0);
  });

  test('while Redis renews its lock, even if MongoDB is away', () => {
    aMinuteOf(ownership.lockHeld);
    expect(lost).toBe(0);
  });

  test('for slightly more than one lease if neither store confirms', () => {
    aMinuteOf(ownership.fenceHeld);
    vi.advanceTimersByTime(LEASE_MS - 1);
    expect(lost).toBe(0);
    vi.advanceTimersByTime(LEASE_MS / 6 + 1);
    expect(lost).toBe(1);
  });
});

test('an attempt is stopped, and only once, if no store confirms its ownership', () => {
  aMinuteOf(() => {});
  expect(lost).toBe(1);
});

test('an attempt that has ended is not stopped', () => {
  ownership.stop();
  aMinuteOf(() => {});
  expect(lost).toBe(0);
});
