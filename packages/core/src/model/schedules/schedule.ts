import { z } from 'zod';
import { checkOptionConflicts } from '../config/option-conflicts.ts';
import { sessionConfigSchema } from '../config/session-config.ts';
import { sessionOptionsSchema } from '../config/session-options.ts';
import { errorCodeSchema } from '../errors/error-codes.ts';
import { splitRequest } from '../job/request.ts';
import { defined } from '../schema/defined.ts';
import { idSchema } from '../schema/id.ts';
import { redactConfig } from '../secrets/redact.ts';
import { checkRecurrence, nextFiring, recurrenceFields } from './next-run.ts';

const time = z.iso.datetime();

const OVERLAPS = ['skip', 'enqueue'] as const;

/** What a firing launches: as POST /v1/sessions takes it, but for the time, which is the schedule's. */
export const scheduledLaunchSchema = sessionConfigSchema
  .extend(sessionOptionsSchema.omit({ run_at: true }).shape)
  .superRefine(checkOptionConflicts(({ recovery }) => recovery));

/** What a firing launches. */
export type ScheduledLaunch = z.infer<typeof scheduledLaunchSchema>;

const title = z.string().min(1).max(200).describe('Shown to people.');

const overlap = z
  .enum(OVERLAPS)
  .describe(
    'When the last session has not ended: skip launches nothing; enqueue lets the new one wait behind it.',
  );

const enabled = z.boolean().describe('false: it does not fire.');

/** What a caller says of a new schedule. */
export const newScheduleSchema = z
  .strictObject({
    title: title.optional(),
    ...recurrenceFields,
    overlap: overlap.default('skip'),
    enabled: enabled.default(true),
    launch: scheduledLaunchSchema,
  })
  .superRefine(checkRecurrence)
  .superRefine(checkConcurrencyKey);

/** What a caller may change of a schedule: absent stays; `title: null` clears. */
export const scheduleChangesSchema = z.strictObject({
  title: title.nullable().optional(),
  ...recurrenceFields,
  overlap: overlap.optional(),
  enabled: enabled.optional(),
  launch: scheduledLaunchSchema.optional().describe('Replaces the whole launch.'),
});

/** A schedule as it is stored. */
export interface Schedule {
  id: string;
  title?: string;
  cron?: string;
  timezone?: string;
  every_ms?: number;
  overlap: (typeof OVERLAPS)[number];
  enabled: boolean;
  launch: ScheduledLaunch;
  /** The API key whose holder made it, or was the last to enable it. */
  api_key_id?: string;
  /** What every_ms is counted from. */
  anchor: Date;
  /** Raised by each change: Redis holds the revision that it fires by. */
  revision: number;
  last_fired_at?: Date;
  last_session_id?: string;
  last_skipped_at?: Date;
  last_error?: { code: z.infer<typeof errorCodeSchema>; message: string; at: Date };
  /** When the last firing was noted, and what the schedule told before: it does so again if that is refused. */
  noted?: { at: Date } & Pick<Schedule, 'last_fired_at' | 'last_session_id'>;
  created_at: Date;
  updated_at: Date;
}

/** The part of a schedule that says when it fires. */
export type Timetable = Pick<
  Schedule,
  'id' | 'cron' | 'timezone' | 'every_ms' | 'anchor' | 'revision'
>;

/** A schedule as queries return it, the launch redacted. */
export const scheduleViewSchema = z.object({
  id: idSchema,
  title: z.string().optional(),
  cron: z.string().optional(),
  timezone: z.string().optional(),
  every_ms: z.int().optional(),
  overlap: z.enum(OVERLAPS),
  enabled: z.boolean(),
  launch: scheduledLaunchSchema.describe('Redacted.'),
  next_run_at: time.optional().describe('Absent while it is disabled.'),
  last_fired_at: time.optional().describe('The time of the last firing that launched a session.'),
  last_session_id: idSchema.optional(),
  last_skipped_at: time.optional().describe('The time of the last firing that was skipped.'),
  last_error: z
    .object({ code: errorCodeSchema, message: z.string(), at: time })
    .optional()
    .describe('Why the last firing launched nothing although it should have.'),
  created_at: time,
  updated_at: time,
});

/** A schedule as queries return it. */
export type ScheduleView = z.infer<typeof scheduleViewSchema>;

/** What a caller says of a new schedule. */
export type NewSchedule = z.infer<typeof newScheduleSchema>;

/** What a caller may change of a schedule. */
export type ScheduleChanges = z.infer<typeof scheduleChangesSchema>;

/** The schedule's own fields with the changes applied: a new kind of recurrence replaces the old one. */
export function withChanges(schedule: Schedule, changes: ScheduleChanges): NewSchedule {
  const { title, cron, timezone, every_ms, overlap, enabled, launch } = schedule;
  const recurrence =
    changes.every_ms !== undefined && changes.cron === undefined
      ? {}
      : changes.cron !== undefined && changes.every_ms === undefined
        ? { timezone }
        : { cron, timezone, every_ms };
  const merged = { title, ...recurrence, overlap, enabled, launch };
  const present = Object.entries(changes).filter(([, value]) => value !== undefined);
  const all = Object.entries({ ...merged, ...Object.fromEntries(present) });
  return Object.fromEntries(
    all.filter(([, value]) => value !== undefined && value !== null),
  ) as NewSchedule;
}

/** The view of a schedule at this time. */
export function toScheduleView(schedule: Schedule, now: Date): ScheduleView {
  const {
    api_key_id: _key,
    anchor,
    revision: _revision,
    noted: _noted,
    launch,
    ...facts
  } = schedule;
  const { last_fired_at, last_skipped_at, last_error } = schedule;
  const next = schedule.enabled ? nextFiring(schedule, anchor, now) : null;
  return {
    ...facts,
    launch: redactLaunch(launch),
    ...defined({
      next_run_at: next?.toISOString(),
      last_fired_at: last_fired_at?.toISOString(),
      last_skipped_at: last_skipped_at?.toISOString(),
      last_error: last_error && { ...last_error, at: last_error.at.toISOString() },
    }),
    created_at: schedule.created_at.toISOString(),
    updated_at: schedule.updated_at.toISOString(),
  } as ScheduleView;
}

function redactLaunch(launch: ScheduledLaunch): ScheduledLaunch {
  const { config } = splitRequest(launch);
  return { ...launch, ...redactConfig(config) };
}

function checkConcurrencyKey(
  { overlap, launch }: { overlap: string; launch: ScheduledLaunch },
  context: z.RefinementCtx,
): void {
  if (overlap !== 'enqueue' || launch.concurrency_key === undefined) return;
  context.addIssue({
    code: 'custom',
    path: ['launch', 'concurrency_key'],
    message: 'expected none beside overlap enqueue, which is a key of its own',
  });
}
