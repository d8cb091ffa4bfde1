// How many sessions a worker runs at once: fewer once its host was sick.
import type { Logger } from '@baton/core/internal';
import type { Worker } from 'bullmq';
import type { HostHealth } from '../host/host-health.ts';

/** How many sessions must begin on a host that was sick before one more is tried at once. */
const SESSIONS_A_STEP = 10;

/**
 * Pauses the worker while the host is sick. A sick host may be short of what many sessions need at once:
 * afterwards one session is tried, the number doubles with each that begins, and its limit is half of what
 * it was. The limit grows only slowly. Without it the same sessions would meet the same shortage again.
 */
export function followHostHealth(
  bull: Pick<Worker, 'concurrency' | 'pause' | 'resume'>,
  {
    host,
    max,
    isDraining,
    log,
  }: {
    host: Pick<HostHealth, 'isSick' | 'listen'>;
    /** The concurrency of a healthy host. */
    max: number;
    isDraining: () => boolean;
    log: Logger;
  },
): void {
  let limit = max;
  let begun = 0;

  // A loop that waits for its running jobs looks for more only once it is resumed.
  async function take(concurrency: number): Promise<void> {
    bull.concurrency = concurrency;
    await bull.pause(true);
    if (!isDraining() && !host.isSick) await bull.resume();
  }

  // An unhandled rejection would end the process, and with it the sessions that run here.
  function logged(change: Promise<void>): void {
    change.catch((error: unknown) =>
      log.error({ err: error }, 'the worker could not change how many sessions it takes'),
    );
  }

  host.listen({
    onSick() {
      limit = Math.max(1, Math.floor(bull.concurrency / 2));
      logged(bull.pause(true));
    },
    onWell: () => logged(take(1)),
    onSessionStarted() {
      begun += 1;
      if (begun % SESSIONS_A_STEP === 0) limit = Math.min(limit + 1, max);
      const next = Math.min(bull.concurrency * 2, limit);
      if (next > bull.concurrency && !host.isSick) logged(take(next));
    },
  });
}
