import type { RateLimit } from './line.ts';

const HOUR_MS = 3600 * 1000;

/** The windows of the plans, by the CLI's names; any other limit may be as long as the longest. */
const WINDOW_MS: Record<string, number> = { five_hour: 5 * HOUR_MS };
const LONGEST_WINDOW_MS = 7 * 24 * HOUR_MS;

/** How far the clocks of the API and of this host may be apart, in milliseconds. */
const MARGIN_MS = HOUR_MS;

/**
 * A rate limit as it may be believed: a reset that lies in the past, or beyond what its window can be, is
 * left out and `isAbsurd` says so.
 */
export function believable(
  { reportedReset, ...limit }: RateLimit,
  now: Date,
): { limit: Omit<RateLimit, 'reportedReset'>; isAbsurd: boolean } {
  const windowMs = WINDOW_MS[limit.type ?? ''] ?? LONGEST_WINDOW_MS;
  const inMs = (limit.resetsAt?.getTime() ?? Number.NaN) - now.getTime();
  if (inMs >= -MARGIN_MS && inMs <= windowMs + MARGIN_MS) return { limit, isAbsurd: false };
  const { resetsAt: _, ...rest } = limit;
  return { limit: rest, isAbsurd: reportedReset !== undefined && reportedReset !== null };
}
