// The limits that an operator sets for all sessions of an API key, or of a tag, together.
import { z } from 'zod';
import type { JobOptions } from '../config/session-options.ts';
import { AppError } from '../errors/app-error.ts';

/** What a limit can apply to: an API key or a tag. */
export const LIMIT_KINDS = ['key', 'tag'] as const;

/** Schema of the caps of a limit. An absent cap limits nothing. */
export const limitCapsSchema = z
  .strictObject({
    max_sessions_at_once: z
      .int()
      .min(0)
      .max(1000)
      .optional()
      .describe(
        'Maximum number of accepted sessions that have not ended. Sessions that wait for a limit do not count.',
      ),
    max_sessions_per_minute: z.int().min(0).max(100_000).optional(),
    max_usd_per_day: z
      .number()
      .min(0)
      .optional()
      .describe(
        'Maximum cost of the sessions that ended since midnight (UTC). A running session counts only once it has ended.',
      ),
  })
  .refine(
    (caps) => Object.values(caps).some((cap) => cap !== undefined),
    'expected at least one of max_sessions_at_once, max_sessions_per_minute, max_usd_per_day',
  );

/** The caps of a limit. */
export type LimitCaps = z.infer<typeof limitCapsSchema>;

/** The limit of an API key or of a tag. */
export type Limit = LimitCaps & {
  kind: (typeof LIMIT_KINDS)[number];
  name: string;
  created_at: Date;
  updated_at: Date;
};

/** The cap that is reached, and the seconds after which to try again. */
export interface LimitReached {
  limit: string;
  cap: keyof LimitCaps;
  max: number;
  retryAfterS: number;
}

/**
 * Seconds after which to try again if too many sessions are in progress. The number is a guess,
 * because nobody knows when those sessions end.
 */
const AT_ONCE_RETRY_S = 5;

const time = z.iso.datetime();

/** Schema of a limit as queries return it. */
export const limitViewSchema = limitCapsSchema.safeExtend({
  kind: z.enum(LIMIT_KINDS),
  name: z.string(),
  created_at: time,
  updated_at: time,
  now: z
    .object({ sessions_at_once: z.int(), usd_today: z.number() })
    .optional()
    .describe('How much of the limit is used. Present only if the query is for one limit.'),
});

/** A limit as queries return it. */
export type LimitView = z.infer<typeof limitViewSchema>;

/** Returns the view of a limit. */
export function toLimitView({ created_at, updated_at, ...limit }: Limit): LimitView {
  return {
    ...limit,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  };
}

/** Returns the filter of the usage store that selects the sessions under a limit. */
export function countedBy({
  kind,
  name,
}: Pick<Limit, 'kind' | 'name'>): { api_key_id: string } | { tag: string } {
  return kind === 'key' ? { api_key_id: name } : { tag: name };
}

/** Returns the id of a limit: `key:<id>` or `tag:<tag>`. */
export function limitId(kind: Limit['kind'], name: string): string {
  return `${kind}:${name}`;
}

/** Returns the ids of all limits that may apply to a session. */
export function limitIdsOf({ api_key_id, tags = [] }: JobOptions): string[] {
  return [
    ...(api_key_id === undefined ? [] : [limitId('key', api_key_id)]),
    ...new Set(tags.map((tag) => limitId('tag', tag))),
  ];
}

/** Describes a limit that has too many sessions in progress. `max` is its cap. */
export function tooManyAtOnce(limit: string, max: number): LimitReached {
  return { limit, cap: 'max_sessions_at_once', max, retryAfterS: AT_ONCE_RETRY_S };
}

/**
 * Describes a limit that accepted too many sessions in this minute. The next minute begins in `turnsInMs`
 * milliseconds.
 */
export function tooManyAMinute(limit: string, max: number, turnsInMs: number): LimitReached {
  const retryAfterS = Math.max(1, Math.ceil(turnsInMs / 1000));
  return { limit, cap: 'max_sessions_per_minute', max, retryAfterS };
}

/** Describes a limit whose budget for today is spent. The next day begins at midnight, UTC. */
export function spentForToday(limit: string, max: number, now: Date): LimitReached {
  const retryAfterS = Math.max(1, Math.ceil((tomorrow(now).getTime() - now.getTime()) / 1000));
  return { limit, cap: 'max_usd_per_day', max, retryAfterS };
}

/** Returns the midnight (UTC) at which the day of `now` began. */
export function today(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
}

function tomorrow(now: Date): Date {
  return new Date(today(now).getTime() + 24 * 3600 * 1000);
}

/** Returns the LIMIT_EXCEEDED error for a cap that is reached. */
export function limitError({ limit, cap, max, retryAfterS }: LimitReached): AppError {
  return new AppError(
    'LIMIT_EXCEEDED',
    `the limit ${limit} is reached: ${cap} is ${max}; try again in ${retryAfterS} s, or set on_limit to "wait"`,
    { details: { limit, cap, max, retry_after_s: retryAfterS } },
  );
}

/**
 * Returns the LIMIT_EXCEEDED error for a limit that was reached when the session was checked, but that has room again
 * now.
 */
export function limitPassed([limit = '']: readonly string[]): AppError {
  return new AppError('LIMIT_EXCEEDED', `the limit ${limit} was reached; try again in 1 s`, {
    details: { limit, retry_after_s: 1 },
  });
}
