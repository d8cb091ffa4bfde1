import {
  conversationKeySchema,
  idSchema,
  infoSchema,
  sessionStatusSchema,
} from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { cursor, failures, idParams, json, limit } from '../openapi/responses.ts';

const listQuery = z.strictObject({
  status: sessionStatusSchema.exactOptional(),
  parent_session_id: idSchema.exactOptional(),
  root_session_id: idSchema.exactOptional().describe('Only sessions of this conversation.'),
  schedule_id: idSchema.exactOptional().describe('Only sessions that this schedule launched.'),
  conversation_key: conversationKeySchema
    .exactOptional()
    .describe('Only sessions of the conversations with this key.'),
  tag: z.string().min(1).exactOptional().describe('Only sessions with this tag.'),
  limit: limit(50, 200),
  cursor,
});

const sessionPage = z.object({
  sessions: z.array(infoSchema),
  next_cursor: z.string().optional().describe('Absent on the last page.'),
});

/** Reads one session, or a list of sessions. */
export function registerSessions(app: App, { manager }: AppDeps): void {
  app.get(
    '/v1/sessions/:id',
    {
      schema: {
        operationId: 'getSession',
        summary: 'Read a session',
        tags: ['sessions'],
        params: idParams,
        querystring: z.strictObject({
          include: z
            .literal('config')
            .exactOptional()
            .describe('Adds the config, with its secrets redacted.'),
        }),
        response: {
          200: json('The session in its current state.', infoSchema),
          ...failures('INVALID_REQUEST', 'SESSION_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async (request) =>
      manager.getSessionInfo(request.params.id, request.query.include ? ['config'] : []),
  );

  app.get(
    '/v1/sessions',
    {
      schema: {
        operationId: 'listSessions',
        summary: 'List sessions, newest first',
        tags: ['sessions'],
        querystring: listQuery,
        response: {
          200: json('A page of sessions.', sessionPage),
          ...failures('INVALID_REQUEST', 'UNAVAILABLE'),
        },
      },
    },
    async (request) => manager.listSessions(request.query),
  );
}
