/** How often a stream says that it is alive, in milliseconds, where nothing else is set. */
export const HEARTBEAT_MS = 15_000;

/**
 * How long a stream lasts in milliseconds, where nothing else is set. A reader comes again by itself, and
 * then shows its key again: one that was revoked meanwhile ends here.
 */
export const MAX_AGE_MS = 3_600_000;

/** The times of streams in milliseconds, where others than the usual are wanted. */
export interface StreamTimes {
  heartbeatMs?: number;
  maxAgeMs?: number;
}
