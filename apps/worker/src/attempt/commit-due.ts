/**
 * The facts that decide when a recorder's next commit is due. All times are milliseconds of one
 * clock.
 */
export interface CommitNeeds {
  /** The number of events that wait. */
  events: number;
  isBatchFull: boolean;
  /** When the waiting events are written even if their batch is not full. */
  batchBy: number;
  /** Whether a caller waits for a commit that confirms the fence. */
  isHeartbeatRequested: boolean;
  /** When the lease must be renewed. */
  heartbeatBy: number;
  /** Whether the next commit moves the session to `running`. */
  isRunningPending: boolean;
  /** When an amendment is written even without a batch. Absent if there is no amendment. */
  amendBy?: number | undefined;
  isFinishing: boolean;
  /** Whether the commit loop must end without another write. */
  mustStopWriting: boolean;
}

/**
 * Returns how long the recorder waits before its next commit, in milliseconds; 0 if it is due now.
 * Events wait until their batch is full or `batchBy` is reached, and everything else is written
 * with them. If no events wait, the commit is due now for a requested heartbeat, for the move to
 * `running`, or at the end. Otherwise the commit is due when the amendment or the lease renewal is
 * due, whichever comes first.
 */
export function msUntilCommit(needs: CommitNeeds, now: number): number {
  if (needs.events > 0) {
    const isComplete = needs.isBatchFull || needs.isFinishing;
    return isComplete ? 0 : Math.max(0, needs.batchBy - now);
  }
  if (needs.isHeartbeatRequested || needs.isRunningPending) return 0;
  if (needs.isFinishing || needs.mustStopWriting) return 0;
  const by = Math.min(needs.heartbeatBy, needs.amendBy ?? needs.heartbeatBy);
  return Math.max(0, by - now);
}
