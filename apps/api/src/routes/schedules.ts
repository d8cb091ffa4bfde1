import {
  AppError,
  checkPolicy,
  idSchema,
  isAppError,
  newScheduleSchema,
  POLICY_CODES,
  type Policy,
  type ScheduledLaunch,
  scheduleChangesSchema,
  scheduleViewSchema,
  toScheduleView,
} from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { named } from '../openapi/openapi-schema.ts';
import { cursor, failures, json, limit } from '../openapi/responses.ts';

named.add(newScheduleSchema, { id: 'NewSchedule' });
named.add(scheduleChangesSchema, { id: 'ScheduleChanges' });
named.add(scheduleViewSchema, { id: 'Schedule' });

const params = z.strictObject({ id: idSchema.describe('The id of a schedule.') });

const schedulePage = z.object({
  schedules: z.array(scheduleViewSchema),
  next_cursor: z.string().optional().describe('Absent on the last page.'),
});

type ScheduleDeps = Pick<AppDeps, 'schedules' | 'policy'>;

/**
 * Creates, reads, changes and removes schedules. GET /v1/sessions lists the sessions that they
 * launched.
 */
export function registerSchedules(app: App, deps: ScheduleDeps): void {
  registerCreate(app, deps);
  registerReads(app, deps);
  registerChange(app, deps);
  registerRemove(app, deps);
}

function registerCreate(app: App, { schedules, policy }: ScheduleDeps): void {
  app.post(
    '/v1/schedules',
    {
      schema: {
        operationId: 'createSchedule',
        summary: 'Create a schedule',
        description:
          'Each firing launches a session from `launch`. Baton validates `launch` now, as POST /v1/sessions does. GET /v1/sessions?schedule_id= lists the sessions of a schedule.',
        tags: ['schedules'],
        body: newScheduleSchema,
        response: {
          201: json('The new schedule.', scheduleViewSchema),
          ...failures(
            'INVALID_REQUEST',
            'PAYLOAD_TOO_LARGE',
            ...POLICY_CODES,
            'CONTENT_TYPE_NOT_SUPPORTED',
            'FILE_NOT_FOUND',
            'LIMIT_EXCEEDED',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async ({ body, caller }, reply) => {
      checkLaunch(body.launch, policy);
      const schedule = await schedules.verbs.create(body, caller.keyId ?? undefined, caller.tenant);
      return reply
        .code(201)
        .header('location', `/v1/schedules/${schedule.id}`)
        .send(toScheduleView(schedule, new Date()));
    },
  );
}

function registerReads(app: App, { schedules }: ScheduleDeps): void {
  app.get(
    '/v1/schedules',
    {
      schema: {
        operationId: 'listSchedules',
        summary: 'List schedules, newest first',
        tags: ['schedules'],
        querystring: z.strictObject({ limit: limit(50, 200), cursor }),
        response: {
          200: json('A page of schedules.', schedulePage),
          ...failures('INVALID_REQUEST', 'UNAVAILABLE'),
        },
      },
    },
    async ({ query }) => {
      const page = await schedules.verbs.list(query);
      const now = new Date();
      return { ...page, schedules: page.schedules.map((one) => toScheduleView(one, now)) };
    },
  );

  app.get(
    '/v1/schedules/:id',
    {
      schema: {
        operationId: 'getSchedule',
        summary: 'Read a schedule',
        tags: ['schedules'],
        params,
        response: {
          200: json('The schedule in its current state.', scheduleViewSchema),
          ...failures('INVALID_REQUEST', 'SCHEDULE_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async ({ params: { id } }) => toScheduleView(await schedules.verbs.get(id), new Date()),
  );
}

function registerChange(app: App, { schedules, policy }: ScheduleDeps): void {
  app.patch(
    '/v1/schedules/:id',
    {
      schema: {
        operationId: 'changeSchedule',
        summary: 'Change, disable or enable a schedule',
        description:
          'A request with `enabled: true` makes the schedule launch its sessions for the API key of that request. When this key is revoked, Baton disables the schedule.',
        tags: ['schedules'],
        params,
        body: scheduleChangesSchema,
        response: {
          200: json('The changed schedule.', scheduleViewSchema),
          ...failures(
            'INVALID_REQUEST',
            'SCHEDULE_NOT_FOUND',
            'PAYLOAD_TOO_LARGE',
            ...POLICY_CODES,
            'CONTENT_TYPE_NOT_SUPPORTED',
            'FILE_NOT_FOUND',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async ({ params: { id }, body, caller }) => {
      if (body.launch) checkLaunch(body.launch, policy);
      const changed = await schedules.verbs.change(
        id,
        body,
        caller.keyId ?? undefined,
        caller.tenant,
      );
      return toScheduleView(changed, new Date());
    },
  );
}

function registerRemove(app: App, { schedules }: ScheduleDeps): void {
  app.delete(
    '/v1/schedules/:id',
    {
      schema: {
        operationId: 'deleteSchedule',
        summary: 'Remove a schedule',
        description: 'The schedule stops firing. The sessions that it launched stay.',
        tags: ['schedules'],
        params,
        response: {
          200: json('Removed: the schedule in its last state.', scheduleViewSchema),
          ...failures('INVALID_REQUEST', 'SCHEDULE_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async ({ params: { id } }) =>
      toScheduleView({ ...(await schedules.verbs.remove(id)), enabled: false }, new Date()),
  );
}

// Policy errors name a field of the config; in the body of a schedule, that field is inside
// `launch`.
function checkLaunch(launch: ScheduledLaunch, policy: Policy): void {
  try {
    checkPolicy(launch, policy);
  } catch (error) {
    if (!isAppError(error)) throw error;
    const { code, message, details } = error;
    throw new AppError(code, message, {
      details: { ...details, field: `launch.${details?.field}` },
      cause: error,
    });
  }
}
