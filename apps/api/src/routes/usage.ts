import {
  AppError,
  defined,
  idSchema,
  spendingSchema,
  USAGE_GROUPS,
  type UsageFilter,
} from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { failures, json } from '../openapi/responses.ts';

const DAY_MS = 24 * 3600 * 1000;
const MAX_DAYS = 366;
const MAX_GROUPS = 1_000;

const time = z.iso.datetime({ offset: true }).or(z.iso.date());

const usageQuery = z.strictObject({
  group_by: z
    .enum(USAGE_GROUPS)
    .exactOptional()
    .describe('day (UTC, of the end), model, tag, or key (the id of the API key).'),
  from: time
    .exactOptional()
    .describe('Sessions that ended from this time on; default: 30 days before `to`.'),
  to: time.exactOptional().describe('And before this time; default: now.'),
  root_session_id: idSchema
    .exactOptional()
    .describe('Of one conversation; then times are not needed, and sessions that run count too.'),
  tag: z.string().min(1).exactOptional(),
  key: z.string().min(1).exactOptional().describe('The id of an API key.'),
});

const usage = z.object({
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
  total: spendingSchema.describe('Each session once.'),
  groups: z
    .array(
      spendingSchema.extend({
        group: z.string().nullable().describe('null: of sessions that have none.'),
      }),
    )
    .optional()
    .describe('The dearest first, days in their order. A session of several tags is in each.'),
  truncated: z.boolean().optional().describe(`There are more than ${MAX_GROUPS} groups.`),
});

/** Sums what sessions spent. */
export function registerUsage(app: App, { stores }: Pick<AppDeps, 'stores'>): void {
  app.get(
    '/v1/usage',
    {
      schema: {
        operationId: 'readUsage',
        summary: 'Sum what sessions spent',
        description:
          "Sessions count where they ended, each with its own cost alone: a conversation's cost is the sum of its sessions'. Of deleted ones the sums are kept for 30 days.",
        tags: ['usage'],
        querystring: usageQuery,
        response: {
          200: json('The sums.', usage),
          ...failures('INVALID_REQUEST', 'UNAVAILABLE'),
        },
      },
    },
    async (request) => {
      const filter = filterOf(request.query);
      const { group_by } = request.query;
      const [total, groups] = await Promise.all([
        stores.usage.total(filter),
        group_by && stores.usage.groups(filter, group_by, MAX_GROUPS),
      ]);
      const shown = groups
        ?.slice(0, MAX_GROUPS)
        .map(({ group, spending }) => ({ group, ...spending }));
      if (group_by === 'day') shown?.sort((a, b) => ((a.group ?? '') < (b.group ?? '') ? -1 : 1));
      return {
        ...defined({ from: filter.from?.toISOString(), to: filter.to?.toISOString() }),
        total,
        ...defined({
          groups: shown,
          truncated: groups && groups.length > MAX_GROUPS ? true : undefined,
        }),
      };
    },
  );
}

function filterOf(query: z.infer<typeof usageQuery>): UsageFilter {
  const { root_session_id, tag, key } = query;
  const filter: UsageFilter = {
    ...defined({ root_session_id, tag, api_key_id: key }),
  };
  const isBounded = query.from !== undefined || query.to !== undefined;
  if (root_session_id !== undefined && !isBounded) return filter;
  const to = query.to === undefined ? new Date() : new Date(query.to);
  const from =
    query.from === undefined ? new Date(to.getTime() - 30 * DAY_MS) : new Date(query.from);
  const spanMs = to.getTime() - from.getTime();
  if (spanMs <= 0 || spanMs > MAX_DAYS * DAY_MS) {
    throw new AppError(
      'INVALID_REQUEST',
      `from: expected a time before \`to\`, at most ${MAX_DAYS} days`,
      { details: { field: 'from' } },
    );
  }
  return { ...filter, from, to };
}
