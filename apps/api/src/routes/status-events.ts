import { type StatusItem, statusChanges } from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { failures, stream } from '../openapi/responses.ts';
import type { EventStreams, Message } from '../streams/event-stream.ts';

/** Streams the status changes of all sessions. */
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
        summary: 'Stream the status changes of all sessions',
        description:
          '`event: status` reports a new status of a session, with the id, conversation, title and tags of the session. The stream carries only changes from now on. `event: live` is sent at the start and after every gap: read the list again then. A slow reader gets only the latest change of each session.',
        tags: ['events'],
        querystring: z.strictObject({
          tag: z.string().min(1).exactOptional().describe('Only sessions with this tag.'),
        }),
        response: {
          200: stream('Status changes as they happen.'),
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
