import { createLeaderLease, newId, type StoreClock } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { test } from '../stores.ts';

/** Returns a clock that the test sets by hand. */
function handClock(): StoreClock & { ms: number } {
  const clock = { ms: 0, now: async () => new Date(clock.ms) };
  return clock;
}

describe('a leader lease', () => {
  test('has one holder at a time, and the holder renews it', async ({ db }) => {
    const name = newId();
    const clock = handClock();
    const [first, second] = ['a', 'b'].map((owner) => createLeaderLease(db, clock, name, owner));
    expect(await first?.acquire(1_000)).toBe(true);
    expect(await second?.acquire(1_000)).toBe(false);
    clock.ms = 999;
    expect(await first?.acquire(1_000)).toBe(true);
    clock.ms = 1_998;
    expect(await second?.acquire(1_000)).toBe(false);
  });

  test('can be taken by another worker when it expires', async ({ db }) => {
    const name = newId();
    const clock = handClock();
    const [first, second] = ['a', 'b'].map((owner) => createLeaderLease(db, clock, name, owner));
    await first?.acquire(1_000);
    clock.ms = 1_000;
    expect(await second?.acquire(1_000)).toBe(true);
    expect(await first?.acquire(1_000)).toBe(false);
  });

  test('can be taken at once after its holder, and only its holder, releases it', async ({
    db,
  }) => {
    const name = newId();
    const clock = handClock();
    const [first, second] = ['a', 'b'].map((owner) => createLeaderLease(db, clock, name, owner));
    await first?.acquire(1_000);
    await second?.release();
    expect(await second?.acquire(1_000)).toBe(false);
    await first?.release();
    expect(await second?.acquire(1_000)).toBe(true);
  });

  test('goes to one of 32 workers that ask at once', async ({ db, stores }) => {
    const name = newId();
    const asked = Array.from({ length: 32 }, (_, n) =>
      createLeaderLease(db, stores.clock, name, `owner-${n}`).acquire(60_000),
    );
    expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(1);
  });

  test('does not affect leases with other names', async ({ db }) => {
    const clock = handClock();
    expect(await createLeaderLease(db, clock, newId(), 'a').acquire(1_000)).toBe(true);
    expect(await createLeaderLease(db, clock, newId(), 'b').acquire(1_000)).toBe(true);
  });
});
