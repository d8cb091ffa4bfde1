// A reader that is slow holds one page: what it holds is bounded by bytes, and those are known only
// once they are read.
const FIRST_EVENTS = 8;
const MAX_EVENTS = 32;
const TARGET_BYTES = 256 * 1024;

/** How many events to read first. */
export const FIRST_PAGE = { events: FIRST_EVENTS, bytes: TARGET_BYTES } as const;

/** How many events to read after a page of these sizes: few after long lines, more and more after short ones. */
export function nextPage(events: number, sizes: readonly number[]): number {
  const fitting = Math.floor(TARGET_BYTES / Math.max(...sizes, 1));
  return Math.max(1, Math.min(fitting, events * 2, MAX_EVENTS));
}
