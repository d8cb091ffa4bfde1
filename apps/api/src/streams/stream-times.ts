/** The time between two heartbeats of a stream by default, in milliseconds. */
export const HEARTBEAT_MS = 15_000;

/**
 * How long a stream lasts by default, in milliseconds. Then the reader reconnects and sends its API
 * key again, so a reader whose key was revoked is refused after this time at the latest.
 */
export const MAX_AGE_MS = 3_600_000;

/** The times of streams in milliseconds; the defaults are above. */
export interface StreamTimes {
  heartbeatMs?: number;
  maxAgeMs?: number;
}
