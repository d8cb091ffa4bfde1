// Runs the maintenance tasks of the fleet: one worker holds the lease, and runs each task independently.
import type { LeaderLease, Logger } from '@baton/core/internal';
import { runPeriodically } from '../runtime/run-periodically.ts';

/** The time between two renewals of the lease, in milliseconds. */
const RENEW_EVERY_MS = 5_000;

/** How long the lease is valid, in milliseconds. After that, another worker takes over. */
const LEASE_MS = 15_000;

/** For how many milliseconds the same failure of a task is not logged again. */
const REPEAT_MS = 10 * 60_000;

/** A task that the worker with the lease runs again and again. */
export interface MaintenanceTask {
  /** The name of the task in logs. */
  name: string;
  /** The time between the starts of two runs, in milliseconds. */
  everyMs: number;
  /**
   * How long one run may take, in milliseconds. After that, the next run starts even if this run
   * has not ended.
   */
  limitMs: number;
  /**
   * Runs the task once. A run must be safe while another worker runs the task, and while an earlier
   * run hangs.
   */
  run(signal: AbortSignal): Promise<unknown>;
}

/**
 * Runs each task on its own timer while this process holds the lease, until `signal` is aborted. A task that
 * throws, hangs or takes long is logged by its name. The other tasks and the lease do not wait for it.
 */
export function startMaintenance(
  tasks: readonly MaintenanceTask[],
  { lease, log }: { lease: LeaderLease; log: Logger },
  signal: AbortSignal,
): void {
  let heldUntil = 0;
  const starts: (() => void)[] = [];
  let hasLease = false;

  async function renew(): Promise<void> {
    const requestedAt = performance.now();
    if (!(await lease.acquire(LEASE_MS))) {
      hasLease = false;
      return;
    }
    heldUntil = requestedAt + LEASE_MS;
    if (hasLease || signal.aborted) return;
    hasLease = true;
    // When this process gets the lease, it runs each task at once instead of waiting for the task's
    // timer.
    for (const start of starts) start();
  }

  const isHeld = () => performance.now() < heldUntil && !signal.aborted;
  for (const task of tasks) {
    const logFailure = createFailureLog(task, log);
    const round = async () => {
      if (!isHeld()) return;
      await runBounded(task, log, signal);
      logFailure(null);
    };
    const tick = runPeriodically(round, { everyMs: task.everyMs, signal, onError: logFailure });
    starts.push(tick);
  }
  runPeriodically(renew, {
    everyMs: RENEW_EVERY_MS,
    signal,
    onError: (error) =>
      log.warn({ err: error }, 'the maintenance lease could not be renewed, trying again'),
  });
  // Best effort: the lease also expires by itself.
  const release = () => void lease.release().catch(() => {});
  signal.addEventListener('abort', release, { once: true });
}

async function runBounded(
  { name, limitMs, run }: MaintenanceTask,
  log: Logger,
  stopping: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    over.abort();
    log.error(
      { task: name, limit_ms: limitMs },
      `${name} did not end within its time limit; its next run begins beside it`,
    );
    late.resolve();
  }, limitMs);
  const running = run(AbortSignal.any([over.signal, stopping]));
  // A run that fails after its time limit was already logged as late.
  running.catch(() => {});
  try {
    await Promise.race([running, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

// A task that fails usually fails again seconds later for the same reason. The same failure is logged again
// after ten minutes, or once the task has succeeded in between.
function createFailureLog({ name, everyMs }: MaintenanceTask, log: Logger) {
  let last: { message: string; at: number } | null = null;
  return (error: unknown): void => {
    if (error === null) {
      last = null;
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    if (last?.message === message && performance.now() - last.at < REPEAT_MS) return;
    last = { message, at: performance.now() };
    log.warn({ err: error, task: name }, `${name} failed; it is tried again in ${everyMs} ms`);
  };
}
