import type { Db } from 'mongodb';

/** How long an offset is trusted, in milliseconds, before it is measured again. */
const RESYNC_MS = 60_000;

/** The one clock that leases are judged on: MongoDB's, so that hosts' clocks do not matter. */
export interface StoreClock {
  /** The server's time now; asks the server where the last measurement is older than a minute. */
  now(): Promise<Date>;
}

/** A clock that keeps the offset between this process's monotonic time and the server's. */
export function createStoreClock(db: Db): StoreClock {
  let measured: { serverMs: number; atMs: number } | null = null;
  let measuring: Promise<void> | null = null;

  async function measure(): Promise<void> {
    const before = performance.now();
    const { localTime } = await db.admin().command({ hello: 1 });
    const after = performance.now();
    measured = { serverMs: new Date(localTime).getTime(), atMs: (before + after) / 2 };
  }

  return {
    async now() {
      if (!measured || performance.now() - measured.atMs > RESYNC_MS) {
        measuring ??= measure().finally(() => {
          measuring = null;
        });
        // A stale offset is off by the drift of a minute or so: good enough while the server is away.
        if (measured) measuring.catch(() => {});
        else await measuring;
      }
      const { serverMs, atMs } = measured ?? { serverMs: Date.now(), atMs: performance.now() };
      return new Date(serverMs + performance.now() - atMs);
    },
  };
}
