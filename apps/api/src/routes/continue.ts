import { checkPolicy, infoSchema, overridesSchema, sessionOptionsSchema } from '@baton/core';
import { failures, idParams, json } from '../answers.ts';
import { named } from '../openapi-schema.ts';
import type { App, Parts } from '../parts.ts';

const continueBody = overridesSchema.extend(sessionOptionsSchema.shape);
named.add(continueBody, { id: 'ContinueRequest' });

/** Continues a terminal session in a new one: `:id` is the parent. */
export function registerContinue(app: App, { manager, policy }: Parts): void {
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
      return reply.code(202).header('location', `/v1/sessions/${info.id}`).send(info);
    },
  );
}
