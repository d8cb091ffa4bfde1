// Wall times: what the clocks of a time zone show. A wall time is stored in milliseconds, as if it were UTC.

// Time zones lie between -12 h and +14 h, and Samoa once skipped 24 h. So two days reach past any change of the clocks.
const BEYOND_ANY_CHANGE_MS = 48 * 3600 * 1000;

const SECOND_MS = 1000;

/** The clocks of one time zone. */
export interface WallClock {
  /** Returns the wall time at an instant. */
  wallAt(instant: number): number;
  /**
   * Returns the instants at which the clocks show this wall time, the earliest first. A repeated hour has two instants
   * and a gap has none.
   */
  instantsOf(wall: number): number[];
  /** Returns the gap that skips this wall time: the first instant after it, and its length in milliseconds. */
  gapAt(wall: number): { end: number; lengthMs: number };
  /**
   * If the clocks will show the wall time of this instant a second time, returns the instant at
   * which they are set back, and the wall time that they show at that instant. Otherwise returns
   * null.
   */
  repeatOf(instant: number): { instant: number; wall: number } | null;
}

// The latest format is kept, because several searches in a row often use the same zone. Creating a
// format takes half the time of a search for a firing.
let latest: { timeZone: string; format: Intl.DateTimeFormat } | undefined;

function formatOf(timeZone: string): Intl.DateTimeFormat {
  if (latest?.timeZone !== timeZone) {
    const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
    latest = { timeZone, format };
  }
  return latest.format;
}

/** Creates the clocks of an IANA time zone. */
export function createWallClock(timeZone: string): WallClock {
  const format = formatOf(timeZone);

  function offsetAt(instant: number): number {
    const [, sign, hours = 0, minutes = 0, seconds = 0] =
      /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(format.format(instant)) ?? [];
    const total = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND_MS;
    return sign === '-' ? -total : total;
  }

  /** Returns the first instant in `(from, to]` with the offset that holds at `to`. */
  function changeBetween(from: number, to: number): number {
    const after = offsetAt(to);
    let before = Math.floor(from / SECOND_MS);
    let end = Math.floor(to / SECOND_MS);
    while (end - before > 1) {
      const middle = Math.floor((before + end) / 2);
      if (offsetAt(middle * SECOND_MS) === after) end = middle;
      else before = middle;
    }
    return end * SECOND_MS;
  }

  function instantsOf(wall: number): number[] {
    const around = [-BEYOND_ANY_CHANGE_MS, BEYOND_ANY_CHANGE_MS].map((ms) => offsetAt(wall + ms));
    return [...new Set(around)]
      .filter((offset) => offsetAt(wall - offset) === offset)
      .map((offset) => wall - offset)
      .sort((a, b) => a - b);
  }

  return {
    wallAt: (instant) => instant + offsetAt(instant),
    instantsOf,
    gapAt(wall) {
      const before = offsetAt(wall - BEYOND_ANY_CHANGE_MS);
      const after = offsetAt(wall + BEYOND_ANY_CHANGE_MS);
      return { end: changeBetween(wall - after, wall - before), lengthMs: after - before };
    },
    repeatOf(instant) {
      const again = instantsOf(instant + offsetAt(instant)).find((other) => other > instant);
      if (again === undefined) return null;
      const change = changeBetween(instant, again);
      return { instant: change, wall: change + offsetAt(change) };
    },
  };
}
