import { type StatusItem, statusChanges } from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { failures, stream } from '../openapi/responses.ts';
import type { EventStreams, Message } from '../streams/event-stream.ts';

/** The changes of status of all sessions, as a stream. */
export function registerStatusEvents(
  app: App,
  { streaming: { hub } }: AppDeps,
  streams: EventStreams,
): void {
  app.get(
    '/v1/events',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamStatuses',
        summary: 'Stream the changes of status of all sessions',
        description:
          '`event: status` tells that a session has come to a status: its id, its conversation, its title and tags. From now on only: `event: live` says when "now" is, at first and again after an outage, and what changed before it is to be read from the list. A slow reader is told the latest change of each session.',
        tags: ['events'],
        querystring: z.strictObject({
          tag: z.string().min(1).exactOptional().describe('Only sessions with this tag.'),
        }),
        response: {
          200: stream('Changes as they come, without end.'),
          ...failures('INVALID_REQUEST'),
        },
      },
    },
    async (request, reply) => {
      const { tag } = request.query;
      await streams.send(reply, (signal) => toMessages(statusChanges(hub, { tag, signal })));
      return reply;
    },
  );
}

async function* toMessages(items: AsyncIterable<StatusItem>): AsyncGenerator<Message[]> {
  for await (const item of items) {
    yield item.kind === 'live'
      ? [{ event: 'live', data: {} }]
      : item.changes.map((data) => ({ event: 'status', data }));
  }
}
