// When a schedule fires: by a cron expression in a time zone, or every so often.
import { z } from 'zod';
import { nextCron } from './cron.ts';

/** The time zone of a cron expression that names none. */
export const DEFAULT_TIME_ZONE = 'UTC';

const EVERY_MIN_MS = 1_000;
const EVERY_MAX_MS = 366 * 24 * 3600 * 1000;

/** The keys that say when a schedule fires. */
export const recurrenceFields = {
  cron: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe(
      'Five fields, or six with seconds before them; or a nickname such as @daily. Fixed times only: H is refused. A time that the clocks skip is due right after the gap; one that they show twice is due once, or twice where the hour is * or a step. Not beside every_ms.',
    ),
  timezone: z
    .string()
    .min(1)
    .max(64)
    .refine(isTimeZone, 'expected an IANA time zone, such as Europe/Berlin')
    .optional()
    .describe('Of the cron expression; default UTC.'),
  every_ms: z
    .int()
    .min(EVERY_MIN_MS)
    .max(EVERY_MAX_MS)
    .optional()
    .describe('Milliseconds between firings, counted from when this was set.'),
};

/** When a schedule fires. */
export interface Recurrence {
  cron?: string | undefined;
  timezone?: string | undefined;
  every_ms?: number | undefined;
}

/** Refuses what is no recurrence: neither or both of its kinds, a cron expression that never fires. */
export function checkRecurrence(
  { cron, timezone, every_ms }: Recurrence,
  context: z.RefinementCtx,
): void {
  const refuse = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  if (cron === undefined && every_ms === undefined) {
    refuse('cron', 'expected a cron expression, or every_ms');
  } else if (cron !== undefined && every_ms !== undefined) {
    refuse('every_ms', 'expected cron or every_ms, not both');
  } else if (cron === undefined && timezone !== undefined) {
    refuse('timezone', 'expected a time zone beside cron alone');
  } else if (
    cron !== undefined &&
    nextCron(cron, timezone ?? DEFAULT_TIME_ZONE, new Date()) === null
  ) {
    refuse(
      'cron',
      'expected a cron expression of five or six fields, without H, that fires some day',
    );
  }
}

/** The first firing after `now`; those of every_ms are counted from `anchor`. */
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
    // Offsets are taken by some readers of cron expressions and not by others.
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}
