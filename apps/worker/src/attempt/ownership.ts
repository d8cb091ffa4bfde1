/** Tracks when MongoDB or Redis last confirmed that this attempt holds its session. */
export interface Ownership {
  /** Records that MongoDB accepted a guarded write: this attempt's fence holds. */
  fenceHeld(): void;
  /** Records that Redis renewed the job's lock. */
  lockHeld(): void;
  stop(): void;
}

/** How many times per lease length the last confirmation is checked. */
const CHECKS_PER_LEASE = 6;

/**
 * Starts the watch. The confirmation of one store is enough, so an outage of the other store does
 * not stop the attempt. `onUnconfirmed` is called once, when neither store has confirmed for a
 * lease length, because another worker may have claimed the session by then. `clock` returns
 * monotonic milliseconds.
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
