/** What decides when a recorder's next commit is due. All times are milliseconds of one clock. */
export interface CommitNeeds {
  /** How many events wait. */
  events: number;
  isBatchFull: boolean;
  /** When the waiting events are written even if their batch is not full. */
  batchBy: number;
  /** Somebody waits for a commit that confirms the fence. */
  isHeartbeatRequested: boolean;
  /** When the lease must be renewed. */
  heartbeatBy: number;
  /** The session is to become running. */
  isRunningPending: boolean;
  /** When an amendment is written even if no batch takes it along; absent where there is none. */
  amendBy?: number | undefined;
  isFinishing: boolean;
  /** Nothing may be written any more: the commit loop is to end. */
  mustStopWriting: boolean;
}

/**
 * How long the recorder waits before its next commit, in milliseconds; 0 where it is due. Events wait for
 * the rest of their batch, and everything else goes with it. Without events a commit is due at once if
 * somebody needs it, else when an amendment or the lease does.
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
