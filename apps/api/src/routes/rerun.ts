import { checkPolicy, infoSchema, POLICY_CODES, parseInput } from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { answerAccepted } from '../http/accepted.ts';
import { buildCallerOptions, idempotencyHeaders, idempotencyOf } from '../http/idempotency.ts';
import { failures, idParams, json } from '../openapi/responses.ts';

/** A rerun changes nothing, so a request that names a key is a mistake. */
const emptyBody = z.strictObject({});

/** Runs a session again: a new session with the config of the session `:id`. */
export function registerRerun(app: App, { manager, policy }: AppDeps): void {
  app.post(
    '/v1/sessions/:id/rerun',
    {
      schema: {
        operationId: 'rerunSession',
        summary: 'Run a session again',
        description:
          'The new session has the same config and options as the session, its secrets included, and starts at once. A launch becomes another launch; a continue becomes another continue of the same parent, from the same event. Limits and policy apply as to a launch. The session may have any status.',
        tags: ['sessions'],
        params: idParams,
        headers: idempotencyHeaders,
        response: {
          202: json('Accepted: the new session, with `rerun_of`.', infoSchema),
          ...failures(
            'INVALID_REQUEST',
            'SESSION_NOT_FOUND',
            'PARENT_NOT_FOUND',
            'SESSION_NOT_RERUNNABLE',
            'SESSION_NOT_TERMINAL',
            'PARENT_NOT_RESUMABLE',
            'IDEMPOTENCY_CONFLICT',
            'SESSION_DELETED',
            'PAYLOAD_TOO_LARGE',
            ...POLICY_CODES,
            'LIMIT_EXCEEDED',
            'FILE_NOT_FOUND',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      parseInput(emptyBody, request.body ?? {});
      const accepted = await manager.acceptance.rerun(
        request.params.id,
        { ...buildCallerOptions(request), ...idempotencyOf(request) },
        (config) => checkPolicy(config, policy),
      );
      return answerAccepted(reply, accepted);
    },
  );
}
