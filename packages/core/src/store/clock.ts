import type { Db } from 'mongodb';

/** How long an offset is trusted, in milliseconds, before it is measured again. */
const RESYNC_MS = 60_000;

/** How far the wall clock may run from the monotonic one, in milliseconds, before the host counts as having slept. */
const SLEPT_MS = 1_000;

/** An answer that took no longer, in milliseconds, is good enough; else the best of so many counts. */
const GOOD_MS = 500;
const MAX_MEASUREMENTS = 3;

/** The one clock that leases are judged on: MongoDB's, so that hosts' clocks do not matter. */
export interface StoreClock {
  /** The server's time now. It is measured again if the last measurement is over a minute old, or the host slept since. */
  now(): Promise<Date>;
}

/** A clock that keeps the offset between this process's monotonic time and the server's. */
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

  // An answer is off by up to half of what it took: seconds, where this process was paused meanwhile.
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

  // The monotonic clock stands still while a host sleeps, and its leases go on running out.
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
        // A stale offset is off by the drift of a minute or so: good enough while the server is away.
        const tried = measured ? measuring.catch(() => {}) : measuring;
        if (!measured || slept) await tried;
      }
      const { serverMs, atMs } = measured ?? { serverMs: Date.now(), atMs: performance.now() };
      return new Date(serverMs + performance.now() - atMs);
    },
  };
}
