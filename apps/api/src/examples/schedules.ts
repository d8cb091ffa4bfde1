import type {
  newScheduleSchema,
  scheduleChangesSchema,
  scheduleViewSchema,
} from '@baton/core/internal';
import type { z } from 'zod';
import type { OperationExamples } from './example.ts';
import { OTHER, SCHEDULE } from './ids.ts';

const nightly = {
  title: 'Nightly review',
  cron: '0 2 * * 1-5',
  timezone: 'Europe/Berlin',
  launch: {
    query: 'Review what was merged today.',
    working_dir: '/srv/projects/shop',
    max_budget_usd: 1,
    tags: ['review'],
  },
} satisfies z.input<typeof newScheduleSchema>;

const often = {
  every_ms: 900_000,
  overlap: 'enqueue',
  launch: { query: 'Answer the new tickets.' },
} satisfies z.input<typeof newScheduleSchema>;

const stored = {
  id: SCHEDULE,
  ...nightly,
  overlap: 'skip',
  enabled: true,
  next_run_at: '2026-11-25T01:00:00.000Z',
  created_at: '2026-11-24T08:30:00.000Z',
  updated_at: '2026-11-24T08:30:00.000Z',
} satisfies z.infer<typeof scheduleViewSchema>;

const fired = {
  ...stored,
  last_fired_at: '2026-11-24T01:00:00.000Z',
  last_session_id: OTHER,
  created_at: '2026-11-02T08:30:00.000Z',
} satisfies z.infer<typeof scheduleViewSchema>;

const { next_run_at: _next, ...rest } = fired;
const resting = { ...rest, enabled: false } satisfies z.infer<typeof scheduleViewSchema>;

/** The examples of the operations on schedules. */
export const schedules: Record<string, OperationExamples> = {
  createSchedule: {
    body: {
      nightly: { summary: 'At 02:00 from Monday to Friday', value: nightly },
      often: {
        summary: 'Every 15 minutes; the sessions run one after another',
        value: often,
      },
    },
    responses: { 201: { made: { summary: 'The new schedule', value: stored } } },
  },
  listSchedules: {
    responses: { 200: { last: { summary: 'The last page', value: { schedules: [fired] } } } },
  },
  getSchedule: {
    responses: {
      200: {
        fired: { summary: 'A schedule that has fired', value: fired },
        resting: { summary: 'A disabled schedule, which has no next_run_at', value: resting },
      },
    },
  },
  changeSchedule: {
    body: {
      rest: {
        summary: 'Disable the schedule',
        value: { enabled: false } satisfies z.input<typeof scheduleChangesSchema>,
      },
      earlier: {
        summary: 'Change the time and remove the title',
        value: { cron: '30 1 * * *', title: null } satisfies z.input<typeof scheduleChangesSchema>,
      },
    },
    responses: { 200: { resting: { summary: 'The disabled schedule', value: resting } } },
  },
  deleteSchedule: {
    responses: { 200: { removed: { summary: 'The removed schedule', value: resting } } },
  },
};
