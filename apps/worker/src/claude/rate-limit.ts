import type { RateLimit } from './line.ts';

const HOUR_MS = 3600 * 1000;

/**
 * The length of a rate limit's window, by the CLI's name for it. For any other window, Baton
 * assumes the longest length.
 */
const WINDOW_MS: Record<string, number> = { five_hour: 5 * HOUR_MS };
const LONGEST_WINDOW_MS = 7 * 24 * HOUR_MS;

/** How far the clocks of the API and of this host may differ, in milliseconds. */
const MARGIN_MS = HOUR_MS;

/**
 * Returns a rate limit, but leaves out a reset time that cannot be true: a time in the past, beyond
 * the end of the limit's window, or unreadable. `isAbsurd` is true if such a time was left out.
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
