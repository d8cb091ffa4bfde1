/** Whether this attempt may go on writing, by what its two stores last confirmed. */
export interface Ownership {
  /** MongoDB took a guarded write: the fence is ours. */
  fenceHeld(): void;
  /** Redis renewed the job's lock. */
  lockHeld(): void;
  stop(): void;
}

/** How often the two are looked at, as a part of the lease. */
const CHECKS_PER_LEASE = 6;

/**
 * Unreachable is not lost: one store that confirms is enough. `onUnconfirmed` is called once, when
 * neither has confirmed for a lease length: another worker may then have taken the session. `clock`
 * gives monotonic milliseconds.
 */
export function watchOwnership(
  leaseMs: number,
  onUnconfirmed: () => void,
  clock: () => number = () => performance.now(),
): Ownership {
  let confirmedAt = clock();
  const timer = setInterval(() => {
    if (clock() - confirmedAt < leaseMs) return;
    clearInterval(timer);
    onUnconfirmed();
  }, leaseMs / CHECKS_PER_LEASE);

  function confirm(): void {
    confirmedAt = clock();
  }
  return { fenceHeld: confirm, lockHeld: confirm, stop: () => clearInterval(timer) };
}
