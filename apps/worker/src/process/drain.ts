import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@baton/core/internal';
import type { SessionWorker } from '../sessions/session-worker.ts';

/** How long handing back may take after the drain window, in milliseconds: the processes are stopped, their transcripts copied. */
const HAND_BACK_TIMEOUT_MS = 15_000;

/**
 * Takes no more jobs, lets the running sessions finish for `timeoutMs` milliseconds (or until `force` is aborted),
 * then hands the others back to the queue. Resolves once no session runs here, or once handing back took too long.
 */
export async function drain(
  worker: SessionWorker,
  { timeoutMs, force, log }: { timeoutMs: number; force: AbortSignal; log: Logger },
): Promise<void> {
  await worker.pause();
  log.info({ running: worker.running.size, timeout_ms: timeoutMs }, 'draining');
  await within(worker.idle(), timeoutMs, force);
  worker.handBack();
  await within(worker.idle(), HAND_BACK_TIMEOUT_MS);
}

async function within(work: Promise<void>, ms: number, force?: AbortSignal): Promise<void> {
  const done = new AbortController();
  const signals = force ? [done.signal, force] : [done.signal];
  const timer = delay(ms, undefined, { signal: AbortSignal.any(signals) }).catch(() => {});
  await Promise.race([work, timer]);
  done.abort();
}
