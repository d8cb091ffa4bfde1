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
    .describe('`day` is the UTC day on which a session ended; `key` is the id of the API key.'),
  from: time
    .exactOptional()
    .describe('Counts sessions that ended at or after this time. Default: 30 days before `to`.'),
  to: time.exactOptional().describe('Counts sessions that ended before this time. Default: now.'),
  root_session_id: idSchema
    .exactOptional()
    .describe(
      'Only sessions of this conversation. Without `from` and `to`, sessions that have not ended count too.',
    ),
  tag: z.string().min(1).exactOptional().describe('Only sessions with this tag.'),
  key: z.string().min(1).exactOptional().describe('Only sessions of the API key with this id.'),
});

const usage = z.object({
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
  total: spendingSchema.describe('The sums over all sessions; each session counts once.'),
  groups: z
    .array(
      spendingSchema.extend({
        group: z.string().nullable().describe('null for sessions without a value.'),
      }),
    )
    .optional()
    .describe(
      'Sorted by cost, highest first; days are sorted by date. A session with several tags counts in each of their groups.',
    ),
  truncated: z
    .boolean()
    .optional()
    .describe(`True if there are more than ${MAX_GROUPS} groups; the rest is left out.`),
});

/** Sums the cost and the usage of sessions. */
export function registerUsage(app: App, { stores }: Pick<AppDeps, 'stores'>): void {
  app.get(
    '/v1/usage',
    {
      schema: {
        operationId: 'readUsage',
        summary: 'Sum the cost and usage of sessions',
        description:
          'A session counts at the time at which it ended, with its own cost only. So the cost of a conversation is the sum of its sessions. Deleted sessions are counted for 30 days after their deletion.',
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
      `from: expected a time before \`to\`, and at most ${MAX_DAYS} days before it`,
      { details: { field: 'from' } },
    );
  }
  return { ...filter, from, to };
}
