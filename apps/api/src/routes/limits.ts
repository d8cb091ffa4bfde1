import { LIMIT_KINDS, limitCapsSchema, limitViewSchema } from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { named } from '../openapi/openapi-schema.ts';
import { failures, json, nothing } from '../openapi/responses.ts';

named.add(limitViewSchema, { id: 'Limit' });

const params = z.strictObject({
  kind: z.enum(LIMIT_KINDS),
  name: z.string().min(1).max(128).describe('The id of an API key, or a tag.'),
});

const list = z.object({ limits: z.array(limitViewSchema) });

/**
 * Sets, reads and removes the limits that operators put on the sessions of an API key or of a tag.
 */
export function registerLimits(
  app: App,
  { operatorLimits }: Pick<AppDeps, 'operatorLimits'>,
): void {
  app.put(
    '/v1/limits/:kind/:name',
    {
      schema: {
        operationId: 'setLimit',
        summary: 'Set the limit of an API key or of a tag',
        description:
          'Replaces the limit if there is one. The limit takes effect within two seconds, and applies to sessions that are accepted from then on.',
        tags: ['limits'],
        params,
        body: limitCapsSchema,
        response: {
          200: json('The new limit.', limitViewSchema),
          ...failures('INVALID_REQUEST', 'UNAVAILABLE'),
        },
      },
    },
    async ({ params: { kind, name }, body }) => operatorLimits.put(kind, name, body),
  );

  app.get(
    '/v1/limits/:kind/:name',
    {
      schema: {
        operationId: 'getLimit',
        summary: 'Read a limit and how much of it is used',
        tags: ['limits'],
        params,
        response: {
          200: json('The limit.', limitViewSchema),
          ...failures('INVALID_REQUEST', 'LIMIT_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async ({ params: { kind, name } }) => operatorLimits.get(kind, name),
  );

  app.get(
    '/v1/limits',
    {
      schema: {
        operationId: 'listLimits',
        summary: 'List the limits',
        tags: ['limits'],
        response: {
          200: json('Up to 1,000 limits, sorted by name.', list),
          ...failures('UNAVAILABLE'),
        },
      },
    },
    async () => ({ limits: await operatorLimits.list() }),
  );

  app.delete(
    '/v1/limits/:kind/:name',
    {
      schema: {
        operationId: 'removeLimit',
        summary: 'Remove a limit',
        tags: ['limits'],
        params,
        response: {
          204: nothing('Removed. Sessions that wait for this limit are queued within seconds.'),
          ...failures('INVALID_REQUEST', 'LIMIT_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async ({ params: { kind, name } }, reply) => {
      await operatorLimits.remove(kind, name);
      return reply.code(204).send();
    },
  );
}
