import { createLeaderLease, newId, type StoreClock } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { test } from '../stores.ts';

/** A clock that a test sets. */
function handClock(): StoreClock & { ms: number } {
  const clock = { ms: 0, now: async () => new Date(clock.ms) };
  return clock;
}

describe('a duty', () => {
  test('is one holder’s at a time, who keeps it by asking again', async ({ db }) => {
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

  test('passes on when its time is over', async ({ db }) => {
    const name = newId();
    const clock = handClock();
    const [first, second] = ['a', 'b'].map((owner) => createLeaderLease(db, clock, name, owner));
    await first?.acquire(1_000);
    clock.ms = 1_000;
    expect(await second?.acquire(1_000)).toBe(true);
    expect(await first?.acquire(1_000)).toBe(false);
  });

  test('passes on at once where it is released, by its holder alone', async ({ db }) => {
    const name = newId();
    const clock = handClock();
    const [first, second] = ['a', 'b'].map((owner) => createLeaderLease(db, clock, name, owner));
    await first?.acquire(1_000);
    await second?.release();
    expect(await second?.acquire(1_000)).toBe(false);
    await first?.release();
    expect(await second?.acquire(1_000)).toBe(true);
  });

  test('of which 32 ask at once goes to one', async ({ db, stores }) => {
    const name = newId();
    const asked = Array.from({ length: 32 }, (_, n) =>
      createLeaderLease(db, stores.clock, name, `owner-${n}`).acquire(60_000),
    );
    expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(1);
  });

  test('is apart from others', async ({ db }) => {
    const clock = handClock();
    expect(await createLeaderLease(db, clock, newId(), 'a').acquire(1_000)).toBe(true);
    expect(await createLeaderLease(db, clock, newId(), 'b').acquire(1_000)).toBe(true);
  });
});
