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

/** How long a stream waits for a live message, in milliseconds, before it reads the store again. */
const POLL_MS = 3_000;

const eventPage = z.object({
  events: z.array(eventViewSchema),
  last_event_seq: z.int().describe('The seq of the latest event; 0 if there is none yet.'),
  next_after: z.int().describe('The value of `after` for the next page.'),
  reset: z
    .literal(true)
    .optional()
    .describe(
      'The session was deleted and a new session was created under its id. `after` counted events of the deleted session, so this page begins with the first event of the new one.',
    ),
});

const DESCRIPTION = [
  'Each event is one line of stream-json, in order; `raw` holds the line unchanged. A page of long lines may hold fewer events than `limit`. Read on from `next_after` until it equals `last_event_seq`.',
  'With `Accept: text/event-stream` the answer is a stream of the events so far, then of new events until the session has ended. In the stream, `id:` is the seq, `event:` the type, and `data:` the event as in a page. The last message is `event: end`, with the status. If the session that the position belongs to was deleted and a new session has its id, the stream begins with `event: reset` and sends all events. If the session has include_partial_messages, `event: partial` carries the parts of an answer while Claude writes it. A partial has no id and is not stored.',
].join('\n\n');

const eventQuery = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Returns only events with a higher seq.'),
  start_time: timeSchema
    .exactOptional()
    .describe(
      'The start_time of the session that `after` belongs to. If that session was deleted and a new session has its id, Baton ignores `after` and begins with the first event.',
    ),
  limit: limit(100, 1000),
  follow: z
    .literal('conversation')
    .exactOptional()
    .describe(
      'For a stream only: the stream also follows the sessions that continue this one, and ends when all of them have ended. Each event has a session_id, and its `id:` begins with `session_id:seq`.',
    ),
});

const resumeHeaders = z.looseObject({
  'last-event-id': z
    .string()
    .max(8192)
    .exactOptional()
    .describe('For a stream only: the stream begins after the event with this `id:`.'),
});

/** Reads the events of one session, page by page or as a stream. */
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
              'A page of events, which is empty if there are no more events yet; or a stream.',
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
