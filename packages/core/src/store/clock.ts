import type { Db } from 'mongodb';

/** How old a measured offset may be, in milliseconds, before the clock measures it again. */
const RESYNC_MS = 60_000;

/**
 * If the wall clock and the monotonic clock drift apart by more than this, in milliseconds, the
 * host counts as having slept.
 */
const SLEPT_MS = 1_000;

/**
 * A measurement that took at most GOOD_MS milliseconds is good enough. Otherwise the quickest of
 * MAX_MEASUREMENTS counts.
 */
const GOOD_MS = 500;
const MAX_MEASUREMENTS = 3;

/**
 * MongoDB's clock. Baton judges all leases by this clock, so the clocks of the hosts do not matter.
 */
export interface StoreClock {
  /**
   * Returns the server's time. Measures the time again if the last measurement is over a minute
   * old, or if the host has slept since then.
   */
  now(): Promise<Date>;
}

/**
 * Creates a clock that keeps the offset between this process's monotonic clock and the server's
 * clock.
 */
export function createStoreClock(db: Db): StoreClock {
  let measured: { serverMs: number; atMs: number; wallMs: number } | null = null;
  let measuring: Promise<void> | null = null;

  async function measureOnce() {
    const before = performance.now();
    const { localTime } = await db.admin().command({ hello: 1 });
    const after = performance.now();
    const serverMs = new Date(localTime).getTime();
    return { serverMs, atMs: (before + after) / 2, wallMs: Date.now(), tookMs: after - before };
  }

  // The error of a measurement is up to half of the time that the measurement took. If this process
  // was paused, the error can be several seconds.
  async function measure(): Promise<void> {
    let best = await measureOnce();
    for (
      let measurements = 1;
      measurements < MAX_MEASUREMENTS && best.tookMs > GOOD_MS;
      measurements += 1
    ) {
      const again = await measureOnce().catch(() => best);
      if (again.tookMs < best.tookMs) best = again;
    }
    measured = best;
  }

  // While a host sleeps, its monotonic clock stands still, but its leases expire.
  function hasSlept({ atMs, wallMs }: { atMs: number; wallMs: number }): boolean {
    return Math.abs(Date.now() - wallMs - (performance.now() - atMs)) > SLEPT_MS;
  }

  return {
    async now() {
      const slept = measured !== null && hasSlept(measured);
      if (!measured || slept || performance.now() - measured.atMs > RESYNC_MS) {
        measuring ??= measure().finally(() => {
          measuring = null;
        });
        // An old offset is wrong only by as much as the clocks drift in about a minute. So the old
        // offset is good enough until the new measurement is done, and while the server is down.
        const tried = measured ? measuring.catch(() => {}) : measuring;
        if (!measured || slept) await tried;
      }
      const { serverMs, atMs } = measured ?? { serverMs: Date.now(), atMs: performance.now() };
      return new Date(serverMs + performance.now() - atMs);
    },
  };
}
