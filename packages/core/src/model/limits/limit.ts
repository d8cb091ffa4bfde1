// What an operator allows the sessions of an API key, or of a tag, together.
import { z } from 'zod';
import type { JobOptions } from '../config/session-options.ts';
import { AppError } from '../errors/app-error.ts';

/** What a limit may be of. */
export const LIMIT_KINDS = ['key', 'tag'] as const;

/** What a limit caps; each cap that is absent caps nothing. */
export const limitCapsSchema = z
  .strictObject({
    max_sessions_at_once: z
      .int()
      .min(0)
      .max(1000)
      .optional()
      .describe('Accepted and not ended; those that wait for a budget do not count.'),
    max_sessions_per_minute: z.int().min(0).max(100_000).optional(),
    max_usd_per_day: z
      .number()
      .min(0)
      .optional()
      .describe(
        'What sessions that ended since midnight (UTC) may have cost; one that runs counts when it ends.',
      ),
  })
  .refine(
    (caps) => Object.values(caps).some((cap) => cap !== undefined),
    'expected at least one of max_sessions_at_once, max_sessions_per_minute, max_usd_per_day',
  );

/** What a limit caps. */
export type LimitCaps = z.infer<typeof limitCapsSchema>;

/** A key's or a tag's limit. */
export type Limit = LimitCaps & {
  kind: (typeof LIMIT_KINDS)[number];
  name: string;
  created_at: Date;
  updated_at: Date;
};

/** Which cap is reached, and when there may be room again. */
export interface LimitReached {
  limit: string;
  cap: keyof LimitCaps;
  max: number;
  retryAfterS: number;
}

/** When to ask again after a cap of sessions at once, in seconds: nobody knows when one will end. */
const AT_ONCE_RETRY_S = 5;

const time = z.iso.datetime();

/** A limit as queries return it. */
export const limitViewSchema = limitCapsSchema.safeExtend({
  kind: z.enum(LIMIT_KINDS),
  name: z.string(),
  created_at: time,
  updated_at: time,
  now: z
    .object({ sessions_at_once: z.int(), usd_today: z.number() })
    .optional()
    .describe('How far it is used; only where one limit is read.'),
});

/** A limit as queries return it. */
export type LimitView = z.infer<typeof limitViewSchema>;

/** The view of a limit. */
export function toLimitView({ created_at, updated_at, ...limit }: Limit): LimitView {
  return {
    ...limit,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  };
}

/** The sessions that count for a limit, as usage asks for them. */
export function countedBy({
  kind,
  name,
}: Pick<Limit, 'kind' | 'name'>): { api_key_id: string } | { tag: string } {
  return kind === 'key' ? { api_key_id: name } : { tag: name };
}

/** The name of a limit: `key:<id>` or `tag:<tag>`. */
export function limitId(kind: Limit['kind'], name: string): string {
  return `${kind}:${name}`;
}

/** The names of all limits that a session may come under. */
export function limitIdsOf({ api_key_id, tags = [] }: JobOptions): string[] {
  return [
    ...(api_key_id === undefined ? [] : [limitId('key', api_key_id)]),
    ...new Set(tags.map((tag) => limitId('tag', tag))),
  ];
}

/** As many are under way as may. */
export function tooManyAtOnce(limit: string, max: number): LimitReached {
  return { limit, cap: 'max_sessions_at_once', max, retryAfterS: AT_ONCE_RETRY_S };
}

/** As many were accepted in this minute as may; it turns in so many milliseconds. */
export function tooManyAMinute(limit: string, max: number, turnsInMs: number): LimitReached {
  const retryAfterS = Math.max(1, Math.ceil(turnsInMs / 1000));
  return { limit, cap: 'max_sessions_per_minute', max, retryAfterS };
}

/** What may be spent today is spent; the day turns at midnight, UTC. */
export function spentForToday(limit: string, max: number, now: Date): LimitReached {
  const retryAfterS = Math.max(1, Math.ceil((tomorrow(now).getTime() - now.getTime()) / 1000));
  return { limit, cap: 'max_usd_per_day', max, retryAfterS };
}

/** The midnight (UTC) that the day of `now` began with. */
export function today(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
}

function tomorrow(now: Date): Date {
  return new Date(today(now).getTime() + 24 * 3600 * 1000);
}

/** The coded refusal, which says when to ask again. */
export function limitError({ limit, cap, max, retryAfterS }: LimitReached): AppError {
  return new AppError(
    'LIMIT_EXCEEDED',
    `the limit ${limit} is reached: ${cap} is ${max}; ask again in ${retryAfterS} s, or with on_limit "wait"`,
    { details: { limit, cap, max, retry_after_s: retryAfterS } },
  );
}

/** The coded refusal of what a limit kept out a moment ago, and would not any more. */
export function limitPassed([limit = '']: readonly string[]): AppError {
  return new AppError('LIMIT_EXCEEDED', `the limit ${limit} was reached; ask again in 1 s`, {
    details: { limit, retry_after_s: 1 },
  });
}
