import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@baton/core/internal';
import type { SessionWorker } from '../sessions/session-worker.ts';

/**
 * How long the worker may take to hand its sessions back after the drain timeout, in milliseconds.
 * In this time, it stops their processes and copies their transcripts.
 */
const HAND_BACK_TIMEOUT_MS = 15_000;

/**
 * Stops taking jobs and lets the running sessions finish for `timeoutMs` milliseconds, or until `force` is
 * aborted. Then hands the remaining sessions back to the queue. Resolves once no session runs here, or
 * when handing back has taken 15 seconds.
 */
export async function drain(
  worker: SessionWorker,
  { timeoutMs, force, log }: { timeoutMs: number; force: AbortSignal; log: Logger },
): Promise<void> {
  await worker.pause();
  log.info(
    { running: worker.running.size, timeout_ms: timeoutMs },
    'draining: sessions that still run after the timeout are handed back to the queue',
  );
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
