// Cron expressions in a time zone, including the times when its clocks are set forward or back.
import { type CronExpression, CronExpressionParser } from 'cron-parser';
import { createWallClock, type WallClock } from './wall-clock.ts';

const HOUR_MS = 3600 * 1000;
const HOURS_OF_A_DAY = 24;

// How many wall times of an expression the search may skip because they are past or fall into a
// gap. If an expression never has a time, the parser throws before the search reaches this number.
const MAX_SKIPPED = 100_000;

/**
 * Returns the first time after `now` at which a cron expression is due in a time zone. Returns null if the text is not
 * a cron expression, if it has no fixed times, or if it is never due.
 *
 * If the clocks skip a due time, the expression is due at the first moment after the gap; several skipped times are due
 * once. If the clocks show a due time twice, the expression is due only the first time. If the hour field is `*` or a
 * step, the expression is due both times.
 */
export function nextCron(expression: string, timeZone: string, now: Date): Date | null {
  if (!isReadable(expression)) return null;
  try {
    const next = nextInstant(expression, createWallClock(timeZone), now.getTime());
    return next === null ? null : new Date(next);
  } catch {
    // The library's error is dropped, because its message quotes the expression. Baton's own error
    // only names the field.
    return null;
  }
}

/** Returns whether an expression has five or six fields or is a nickname such as `@daily`, and has fixed times. */
function isReadable(expression: string): boolean {
  const fields = expression.trim().split(/\s+/);
  if (fields.length === 1 && fields[0]?.startsWith('@')) return true;
  if (fields.length !== 5 && fields.length !== 6) return false;
  // The parser draws a new random value for `H` each time it parses. Names such as THU also contain the letter.
  return !fields.some((field) => /h/i.test(field.replace(/[a-z]{3}/gi, '')));
}

function nextInstant(expression: string, clock: WallClock, now: number): number | null {
  const times = wallTimes(expression, clock.wallAt(now));
  const hour = hourOf(expression, times);
  const due = nextDue(times, clock, now, hour);
  const repeat = hour.isRepeated ? clock.repeatOf(now) : null;
  if (!repeat) return due;
  // The clocks will be set back, so they will show the current wall time a second time.
  const wall = wallTimes(expression, repeat.wall - 1)
    .next()
    .getTime();
  const again = repeat.instant + wall - repeat.wall;
  return due === null ? again : Math.min(due, again);
}

function nextDue(
  times: CronExpression,
  clock: WallClock,
  now: number,
  hour: ReturnType<typeof hourOf>,
): number | null {
  for (let skipped = 0; skipped <= MAX_SKIPPED; skipped += 1) {
    const wall = times.next().getTime();
    const [first, ...again] = clock.instantsOf(wall);
    if (first === undefined) {
      const { end, lengthMs } = clock.gapAt(wall);
      // After a gap of whole hours the clocks show the same minutes, so an hourly expression misses no time.
      if (end > now && !(hour.isEvery && lengthMs % HOUR_MS === 0)) return end;
    } else {
      const next = [first, ...(hour.isRepeated ? again : [])].find((instant) => instant > now);
      if (next !== undefined) return next;
    }
  }
  return null;
}

/** Parses an expression. Each call of `next` on the result returns the next wall time after `after`. */
function wallTimes(expression: string, after: number): CronExpression {
  return CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: new Date(after) });
}

/**
 * Returns whether an expression is due in every hour, and whether it is due twice in an hour that the clocks repeat.
 */
function hourOf(
  expression: string,
  { fields: { hour } }: CronExpression,
): { isEvery: boolean; isRepeated: boolean } {
  const isEvery = hour.values.length === HOURS_OF_A_DAY;
  const words = expression.trim().split(/\s+/);
  return { isEvery, isRepeated: isEvery || (words.at(-4)?.includes('/') ?? false) };
}
