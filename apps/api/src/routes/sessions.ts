import {
  checkPolicy,
  idSchema,
  infoSchema,
  overridesSchema,
  sessionConfigSchema,
  sessionOptionsSchema,
  sessionStatusSchema,
} from '@baton/core';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { cursor, failures, idParams, json, limit } from '../answers.ts';
import type { App, Parts } from '../app.ts';
import { named } from '../openapi-schema.ts';

const launchBody = sessionConfigSchema.extend(sessionOptionsSchema.shape);
const continueBody = overridesSchema.extend(sessionOptionsSchema.shape);

named.add(launchBody, { id: 'LaunchRequest' });
named.add(continueBody, { id: 'ContinueRequest' });

const listQuery = z.strictObject({
  status: sessionStatusSchema.exactOptional(),
  parent_session_id: idSchema.exactOptional(),
  root_session_id: idSchema.exactOptional().describe('A whole conversation.'),
  tag: z.string().min(1).exactOptional(),
  limit: limit(50, 200),
  cursor,
});

const sessionPage = z.object({
  sessions: z.array(infoSchema),
  next_cursor: z.string().optional().describe('Absent on the last page.'),
});

/** The sessions: launch, continue, one, and a list. */
export function registerSessions(app: App, { manager, mongo, policy }: Parts): void {
  app.post(
    '/v1/sessions',
    {
      schema: {
        operationId: 'launchSession',
        summary: 'Launch a session',
        tags: ['sessions'],
        body: launchBody,
        response: {
          202: json('Accepted: it is queued, and can be read at once.', infoSchema),
          ...failures(
            'INVALID_REQUEST',
            'PAYLOAD_TOO_LARGE',
            'WORKING_DIR_NOT_ALLOWED',
            'ENV_NOT_ALLOWED',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { title, tags, metadata, priority, ...config } = request.body;
      checkPolicy(config, policy);
      // Asked before anything is enqueued: a session nobody can read yet would look like a failed call.
      await mongo.ping();
      const info = await manager.launchSession(config, { title, tags, metadata, priority });
      return accepted(reply, info.id).send(info);
    },
  );

  app.post(
    '/v1/sessions/:id/continue',
    {
      schema: {
        operationId: 'continueSession',
        summary: 'Continue a session in a new one',
        description:
          'Absent keys inherit the value of the session continued, null clears it; max_turns and max_budget_usd are never inherited.',
        tags: ['sessions'],
        params: idParams,
        body: continueBody,
        response: {
          202: json('Accepted: the new session, with `:id` as its parent.', infoSchema),
          ...failures(
            'INVALID_REQUEST',
            'PARENT_NOT_FOUND',
            'SESSION_NOT_TERMINAL',
            'PARENT_NOT_RESUMABLE',
            'PAYLOAD_TOO_LARGE',
            'WORKING_DIR_NOT_ALLOWED',
            'ENV_NOT_ALLOWED',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { title, tags, metadata, priority, ...overrides } = request.body;
      checkPolicy(overrides, policy);
      const info = await manager.continueSession(
        { ...overrides, parent_session_id: request.params.id },
        { title, tags, metadata, priority },
      );
      return accepted(reply, info.id).send(info);
    },
  );

  app.get(
    '/v1/sessions/:id',
    {
      schema: {
        operationId: 'getSession',
        summary: 'Read a session',
        tags: ['sessions'],
        params: idParams,
        querystring: z.strictObject({
          include: z.literal('config').exactOptional().describe('Adds the config, redacted.'),
        }),
        response: {
          200: json('The session as it stands.', infoSchema),
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

function accepted(reply: FastifyReply, id: string) {
  return reply.code(202).header('location', `/v1/sessions/${id}`);
}
