import {
  defined,
  eventViewSchema,
  isBeyond,
  PAGE_MAX_BYTES,
  shareReads,
  timeSchema,
  toEventView,
} from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { failures, idParams, json, limit, stream } from '../openapi/responses.ts';
import { acceptsEventStream, type EventStreams } from '../streams/event-stream.ts';
import { isOtherSession } from '../streams/last-event-id.ts';
import { conversationSource, sessionSource } from '../streams/session-stream.ts';

/** How long a stream trusts that it hears of what is written, in milliseconds, before it looks. */
const POLL_MS = 3_000;

const eventPage = z.object({
  events: z.array(eventViewSchema),
  last_event_seq: z.int().describe('The last event there is so far; 0 where there is none.'),
  next_after: z.int().describe('`after` of the next page.'),
  reset: z
    .literal(true)
    .optional()
    .describe(
      'The session was deleted and made again since: `after` was of the earlier one, and the page begins with the first event.',
    ),
});

const DESCRIPTION = [
  'Every line of stream-json, in order, each as it came in `raw`. A page of long lines may hold fewer than `limit`; go on from `next_after` until it is `last_event_seq`.',
  'With `Accept: text/event-stream` a stream: the events there are, then those to come, until the session has ended. `id:` is the seq, `event:` the type, `data:` the event as in a page. At last `event: end` tells the status. `event: reset` comes first where the position is of an earlier session of the same id, which was deleted: then all events come. Where the session has include_partial_messages, `event: partial` tells lines that grow an answer: they have no id and are not stored.',
].join('\n\n');

const eventQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).describe('Only events above this seq.'),
  start_time: timeSchema
    .exactOptional()
    .describe(
      'The start_time of the session that `after` counts in: where it was deleted and made again under the same key, events are told from the first on.',
    ),
  limit: limit(100, 1000),
  follow: z
    .literal('conversation')
    .exactOptional()
    .describe(
      'Of a stream: it goes on into the sessions that continue this one, and ends when all have ended. Each event tells its session_id, and its `id:` begins with `session_id:seq`.',
    ),
});

const resumeHeaders = z.looseObject({
  'last-event-id': z
    .string()
    .max(8192)
    .exactOptional()
    .describe('Of a stream: it goes on after the event with this `id:`.'),
});

/** The events of one session, page by page or as a stream. */
export function registerSessionEvents(
  app: App,
  { manager, stores: { events }, streaming: { hub, heads, pollMs = POLL_MS } }: AppDeps,
  streams: EventStreams,
): void {
  const deps = { ...shareReads({ heads, events }), live: hub, pollMs };

  app.get(
    '/v1/sessions/:id/events',
    {
      schema: {
        operationId: 'listEvents',
        summary: 'Read the events of a session, or stream them',
        description: DESCRIPTION,
        tags: ['events'],
        params: idParams,
        querystring: eventQuery,
        headers: resumeHeaders,
        response: {
          200: {
            description:
              'A page of events, empty where there are no more yet; or a stream of them.',
            content: { ...json('', eventPage).content, ...stream('').content },
          },
          ...failures('INVALID_REQUEST', 'SESSION_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { after, limit, follow, start_time: startTime } = request.query;
      const session = await manager.getSession(request.params.id);
      if (acceptsEventStream(request)) {
        const start = { after, startTime, lastId: request.headers['last-event-id'] || undefined };
        const source = follow
          ? await conversationSource(deps, session, start)
          : await sessionSource(deps, session, start);
        await streams.send(reply, source);
        return reply;
      }
      const { id: sessionId, last_event_seq: upTo } = session;
      const isReset = isOtherSession(session, startTime) || isBeyond(after, session);
      const from = isReset ? 0 : after;
      const range = { sessionId, after: from, upTo, limit, maxBytes: PAGE_MAX_BYTES };
      const page = await events.page(range);
      return {
        events: page.map(toEventView),
        last_event_seq: upTo,
        next_after: page.at(-1)?.seq ?? from,
        ...defined({ reset: isReset ? true : undefined }),
      };
    },
  );
}
