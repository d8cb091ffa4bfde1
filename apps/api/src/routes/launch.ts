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

/** Launches a session from the config and the options in the body. */
export function registerLaunch(app: App, { manager, mongo, policy }: AppDeps): void {
  app.post(
    '/v1/sessions',
    {
      schema: {
        operationId: 'launchSession',
        summary: 'Launch a session',
        description:
          'Only `query` is required; everything else has a default. Baton queues the session, and the first free worker runs Claude Code for it. With an `idempotency-key`, the request can be repeated safely.',
        tags: ['sessions'],
        headers: idempotencyHeaders,
        body: launchRequestSchema,
        response: {
          202: json('Accepted: the session is queued, and can be read at once.', infoSchema),
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
      // While MongoDB is down nobody could read the session. So the launch is refused before it is
      // queued.
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
