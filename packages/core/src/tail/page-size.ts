// Each slow client keeps one page in memory, so the bytes of a page are bounded. The size of an
// event is known only after it was read, so the sizes on the last page decide how many events the
// next page may have.
const FIRST_EVENTS = 8;
const MAX_EVENTS = 32;
const TARGET_BYTES = 256 * 1024;

/** The bounds of the first page. */
export const FIRST_PAGE = { events: FIRST_EVENTS, bytes: TARGET_BYTES } as const;

/**
 * Returns how many events to read after a page with lines of these sizes: few after long lines, and
 * at most twice the last number after short lines.
 */
export function nextPage(events: number, sizes: readonly number[]): number {
  const fitting = Math.floor(TARGET_BYTES / Math.max(...sizes, 1));
  return Math.max(1, Math.min(fitting, events * 2, MAX_EVENTS));
}
