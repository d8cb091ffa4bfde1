// When a schedule fires: by a cron expression in a time zone, or at a fixed interval.
import { z } from 'zod';
import { nextCron } from './cron.ts';

/** The default time zone of cron expressions. */
export const DEFAULT_TIME_ZONE = 'UTC';

const EVERY_MIN_MS = 1_000;
const EVERY_MAX_MS = 366 * 24 * 3600 * 1000;

/** The fields that say when a schedule fires. */
export const recurrenceFields = {
  cron: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe(
      'Cron expression: five fields, six with seconds first, or a nickname such as @daily; `H` is not allowed. A time that the clocks skip is due right after the gap. A time that the clocks show twice fires once; if the hour field is `*` or a step, it fires both times. It cannot be used together with `every_ms`.',
    ),
  timezone: z
    .string()
    .min(1)
    .max(64)
    .refine(isTimeZone, 'expected an IANA time zone, such as Europe/Berlin')
    .optional()
    .describe('IANA time zone of the cron expression; default UTC.'),
  every_ms: z
    .int()
    .min(EVERY_MIN_MS)
    .max(EVERY_MAX_MS)
    .optional()
    .describe(
      'Milliseconds between two firings, counted from the change that set this value. It cannot be used together with `cron`.',
    ),
};

/** When a schedule fires. */
export interface Recurrence {
  cron?: string | undefined;
  timezone?: string | undefined;
  every_ms?: number | undefined;
}

/** Adds an issue unless exactly one of `cron` and `every_ms` is set and the cron expression can fire. */
export function checkRecurrence(
  { cron, timezone, every_ms }: Recurrence,
  context: z.RefinementCtx,
): void {
  const refuse = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  if (cron === undefined && every_ms === undefined) {
    refuse('cron', 'expected cron or every_ms');
  } else if (cron !== undefined && every_ms !== undefined) {
    refuse('every_ms', 'expected cron or every_ms, not both');
  } else if (cron === undefined && timezone !== undefined) {
    refuse('timezone', 'expected a time zone only together with cron');
  } else if (
    cron !== undefined &&
    nextCron(cron, timezone ?? DEFAULT_TIME_ZONE, new Date()) === null
  ) {
    refuse(
      'cron',
      'expected a cron expression of five or six fields, without H, that is due at some time',
    );
  }
}

/**
 * Returns the first firing after `now`, or null if there is none. The firings of `every_ms` are counted from
 * `anchor`.
 */
export function nextFiring(
  { cron, timezone, every_ms }: Recurrence,
  anchor: Date,
  now: Date,
): Date | null {
  if (cron !== undefined) return nextCron(cron, timezone ?? DEFAULT_TIME_ZONE, now);
  if (every_ms === undefined) return null;
  const passed = Math.floor((now.getTime() - anchor.getTime()) / every_ms);
  return new Date(anchor.getTime() + Math.max(passed + 1, 1) * every_ms);
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // An offset such as `+02:00` is refused, because not every cron parser accepts it.
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}
