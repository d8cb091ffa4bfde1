import { z } from 'zod';
import { checkIgnoredSettings } from '../config/ignored-settings.ts';
import { checkOptionConflicts } from '../config/option-conflicts.ts';
import { requestConfigSchema, sessionConfigSchema } from '../config/session-config.ts';
import { sessionOptionsSchema } from '../config/session-options.ts';
import { checkPrompt } from '../content/check-prompt.ts';
import { errorCodeSchema } from '../errors/error-codes.ts';
import { splitRequest } from '../job/request.ts';
import { defined } from '../schema/defined.ts';
import { idSchema } from '../schema/id.ts';
import { redactConfig } from '../secrets/redact.ts';
import { checkRecurrence, nextFiring, recurrenceFields } from './next-run.ts';

const time = z.iso.datetime();

const OVERLAPS = ['skip', 'enqueue'] as const;

const launchFields = requestConfigSchema.extend(sessionOptionsSchema.omit({ run_at: true }).shape);

/**
 * Schema of what a firing launches: the body of POST /v1/sessions without `run_at`, because the schedule sets the
 * time. Its content has texts only.
 */
export const scheduledLaunchSchema = launchFields
  .superRefine(checkPrompt)
  .superRefine(checkOptionConflicts((request) => request));

// A schedule that is stored already may have settings that the CLI ignores.
const requestedLaunchSchema = scheduledLaunchSchema.superRefine(checkIgnoredSettings);

/** What a firing launches. */
export type ScheduledLaunch = z.infer<typeof scheduledLaunchSchema>;

const title = z.string().min(1).max(200).describe('Title for human readers.');

const overlap = z
  .enum(OVERLAPS)
  .describe(
    'What a firing does if the last session has not ended: `skip` launches nothing, `enqueue` launches a session that waits for the last one.',
  );

const enabled = z.boolean().describe('Whether the schedule fires.');

/** Schema of the body that creates a schedule. */
export const newScheduleSchema = z
  .strictObject({
    title: title.optional(),
    ...recurrenceFields,
    overlap: overlap.default('skip'),
    enabled: enabled.default(true),
    launch: requestedLaunchSchema,
  })
  .superRefine(checkRecurrence)
  .superRefine(checkConcurrencyKey);

/** Schema of the changes to a schedule. An absent key changes nothing, and `title: null` removes the title. */
export const scheduleChangesSchema = z.strictObject({
  title: title.nullable().optional(),
  ...recurrenceFields,
  overlap: overlap.optional(),
  enabled: enabled.optional(),
  launch: requestedLaunchSchema.optional().describe('Replaces the whole launch of the schedule.'),
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
  /** The API key that created the schedule, or that last enabled it. */
  api_key_id?: string;
  /** The time from which `every_ms` counts. */
  anchor: Date;
  /**
   * Each change increases the revision. Redis stores the revision with its copy of the timetable.
   */
  revision: number;
  last_fired_at?: Date;
  last_session_id?: string;
  last_skipped_at?: Date;
  last_error?: { code: z.infer<typeof errorCodeSchema>; message: string; at: Date };
  /**
   * When the last firing was stored, and the values that the `last_…` fields had before. These values are restored if
   * the launch of that firing is refused.
   */
  noted?: { at: Date } & Pick<Schedule, 'last_fired_at' | 'last_session_id'>;
  created_at: Date;
  updated_at: Date;
}

/** The fields of a schedule that say when it fires. */
export type Timetable = Pick<
  Schedule,
  'id' | 'cron' | 'timezone' | 'every_ms' | 'anchor' | 'revision'
>;

/** Schema of a schedule as queries return it, with the secrets of its launch redacted. */
export const scheduleViewSchema = z.object({
  id: idSchema,
  title: z.string().optional(),
  cron: z.string().optional(),
  timezone: z.string().optional(),
  every_ms: z.int().optional(),
  overlap: z.enum(OVERLAPS),
  enabled: z.boolean(),
  launch: launchFields
    .extend({ query: sessionConfigSchema.shape.query })
    .describe('What a firing launches, with secrets redacted.'),
  next_run_at: time
    .optional()
    .describe('When the schedule fires next; absent if it is disabled or never fires again.'),
  last_fired_at: time.optional().describe('Time of the last firing that launched a session.'),
  last_session_id: idSchema.optional(),
  last_skipped_at: time
    .optional()
    .describe('Time of the last firing that was skipped because the last session had not ended.'),
  last_error: z
    .object({ code: errorCodeSchema, message: z.string(), at: time })
    .optional()
    .describe('Why the last firing could not launch a session.'),
  created_at: time,
  updated_at: time,
});

/** A schedule as queries return it. */
export type ScheduleView = z.infer<typeof scheduleViewSchema>;

/** The body that creates a schedule. */
export type NewSchedule = z.infer<typeof newScheduleSchema>;

/** Changes to a schedule. */
export type ScheduleChanges = z.infer<typeof scheduleChangesSchema>;

/**
 * Returns the caller's fields of a schedule with the changes applied. Setting only `cron` removes `every_ms`, and
 * setting only `every_ms` removes `cron`.
 */
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

/** Returns the view of a schedule at the time `now`. */
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
    message:
      'expected no concurrency_key with overlap "enqueue", because such a schedule has its own key',
  });
}
