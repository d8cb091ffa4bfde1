import { eventViewSchema, PAGE_MAX_BYTES, toEventView } from '@baton/core';
import { z } from 'zod';
import { failures, idParams, json, limit } from '../answers.ts';
import type { App, Parts } from '../parts.ts';

const eventPage = z.object({
  events: z.array(eventViewSchema),
  last_event_seq: z.int().describe('The last event there is so far; 0 where there is none.'),
  next_after: z.int().describe('`after` of the next page.'),
});

/** The events of one session, page by page. */
export function registerEvents(app: App, { manager, events }: Parts): void {
  app.get(
    '/v1/sessions/:id/events',
    {
      schema: {
        operationId: 'listEvents',
        summary: 'Read the events of a session',
        description:
          'Every line of stream-json, in order, each as it came in `raw`. A page of long lines may hold fewer than `limit`; go on from `next_after` until it is `last_event_seq`.',
        tags: ['sessions'],
        params: idParams,
        querystring: z.strictObject({
          after: z.coerce.number().int().min(0).default(0).describe('Only events above this seq.'),
          limit: limit(100, 1000),
        }),
        response: {
          200: json('A page of events; an empty one where there are no more yet.', eventPage),
          ...failures('INVALID_REQUEST', 'SESSION_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async (request) => {
      const { after, limit } = request.query;
      const { id, last_event_seq: upTo } = await manager.getSession(request.params.id);
      const page = await events.page({
        sessionId: id,
        after,
        upTo,
        limit,
        maxBytes: PAGE_MAX_BYTES,
      });
      return {
        events: page.map(toEventView),
        last_event_seq: upTo,
        next_after: page.at(-1)?.seq ?? after,
      };
    },
  );
}
