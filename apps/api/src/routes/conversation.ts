import { eventViewSchema, readConversation } from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { cursor, failures, idParams, json, limit } from '../openapi/responses.ts';

const conversationPage = z.object({
  events: z.array(eventViewSchema.extend({ session_id: z.string() })),
  next_cursor: z.string().optional().describe('Absent on the last page.'),
});

/** Reads the events of a conversation, from the root's first event to the session's last event. */
export function registerConversation(
  app: App,
  { manager, stores: { sessions, events } }: AppDeps,
): void {
  app.get(
    '/v1/sessions/:id/conversation',
    {
      schema: {
        operationId: 'readConversation',
        summary: 'Read a conversation up to a session',
        description:
          'Returns one flat list of events, from the first session of the conversation to this one. Events that a later attempt superseded are left out.',
        tags: ['events'],
        params: idParams,
        querystring: z.strictObject({ limit: limit(100, 1000), cursor }),
        response: {
          200: json('A page of events.', conversationPage),
          ...failures('INVALID_REQUEST', 'SESSION_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async (request) => {
      const session = await manager.getSession(request.params.id);
      return readConversation({ sessions, events }, session, request.query);
    },
  );
}
