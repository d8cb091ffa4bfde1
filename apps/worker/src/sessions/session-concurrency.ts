// Adapts how many sessions a worker runs at once: fewer after its host was sick.
import type { Logger } from '@baton/core/internal';
import type { Worker } from 'bullmq';
import type { HostHealth } from '../host/host-health.ts';

/** After the host was sick, this many sessions must start before the limit grows by one. */
const SESSIONS_A_STEP = 10;

/**
 * Pauses the worker while the host is sick. The host may have run out of a resource, for example
 * memory, because many sessions ran at once. After the host recovers, the worker therefore starts
 * with one session. The number doubles with each session that starts, up to half of what it was
 * before the sickness. That limit then grows slowly. Without the limit, the same number of sessions
 * would cause the same shortage again.
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
    /** The concurrency while the host has never been sick. */
    max: number;
    isDraining: () => boolean;
    log: Logger;
  },
): void {
  let limit = max;
  let begun = 0;

  // While BullMQ's loop waits for a running job, it does not notice a higher concurrency. After a pause and
  // a resume it fetches more jobs.
  async function take(concurrency: number): Promise<void> {
    bull.concurrency = concurrency;
    await bull.pause(true);
    if (!isDraining() && !host.isSick) await bull.resume();
  }

  // An unhandled rejection would end the process and the sessions that it runs.
  function logged(change: Promise<void>): void {
    change.catch((error: unknown) =>
      log.error({ err: error }, 'the worker could not change how many sessions it runs at once'),
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
