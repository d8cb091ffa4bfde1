import {
  checkPolicy,
  infoSchema,
  launchRequestSchema,
  POLICY_CODES,
  splitRequest,
} from '@baton/core/internal';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { answerAccepted } from '../http/accepted.ts';
import { buildCallerOptions, idempotencyHeaders, idempotencyOf } from '../http/idempotency.ts';
import { named } from '../openapi/openapi-schema.ts';
import { failures, json } from '../openapi/responses.ts';

named.add(launchRequestSchema, { id: 'LaunchRequest' });

/** Launches a session from a config, with the options beside it. */
export function registerLaunch(app: App, { manager, mongo, policy }: AppDeps): void {
  app.post(
    '/v1/sessions',
    {
      schema: {
        operationId: 'launchSession',
        summary: 'Launch a session',
        description:
          'A prompt is enough; everything else has a default. The session is queued, and the first worker that is free runs Claude Code for it. With `idempotency-key` it is safe to ask again.',
        tags: ['sessions'],
        headers: idempotencyHeaders,
        body: launchRequestSchema,
        response: {
          202: json('Accepted: it is queued, and can be read at once.', infoSchema),
          ...failures(
            'INVALID_REQUEST',
            'IDEMPOTENCY_CONFLICT',
            'SESSION_DELETED',
            'PAYLOAD_TOO_LARGE',
            ...POLICY_CODES,
            'LIMIT_EXCEEDED',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { config, options } = splitRequest(request.body);
      checkPolicy(config, policy);
      // Asked before anything is enqueued: a session nobody can read yet would look like a failed call.
      await mongo.ping();
      return answerAccepted(
        reply,
        await manager.acceptance.launch(config, {
          ...options,
          ...buildCallerOptions(request),
          ...idempotencyOf(request),
        }),
      );
    },
  );
}
