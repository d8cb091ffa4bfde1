const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Returns how many milliseconds the clocks of a zone are ahead of UTC. `time` is a whole second. */
function offsetAt(time: number, timezone: string): number {
  const wall = new Date(time).toLocaleString('sv', { timeZone: timezone });
  return Date.parse(`${wall.replace(' ', 'T')}Z`) - time;
}

/** A span of wall clock time that the clocks of a zone skip. */
export interface ClockGap {
  /** The first wall clock time that does not exist, written as if it were UTC. */
  skipped: Date;
  /** The first moment after the gap. */
  end: Date;
}

/** Finds the next gap of a zone. The clocks of the zone must go forward once a year. */
export function nextClockGap(timezone: string): ClockGap {
  let time = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
  while (offsetAt(time + DAY_MS, timezone) <= offsetAt(time, timezone)) time += DAY_MS;
  const offset = offsetAt(time, timezone);
  while (offsetAt(time, timezone) === offset) time += MINUTE_MS;
  return { skipped: new Date(time + offset), end: new Date(time) };
}
