import {
  checkOverrides,
  checkPolicy,
  defined,
  launchAnswerSchema,
  launchRequestSchema,
  POLICY_CODES,
  type SessionConfig,
  splitRequest,
} from '@baton/core/internal';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { answerAccepted } from '../http/accepted.ts';
import {
  buildCallerOptions,
  idempotencyHeaders,
  idempotencyOf,
  tenantOf,
} from '../http/idempotency.ts';
import { named } from '../openapi/openapi-schema.ts';
import { failures, json } from '../openapi/responses.ts';

named.add(launchRequestSchema, { id: 'LaunchRequest' });
named.add(launchAnswerSchema, { id: 'LaunchAnswer' });

/** Launches a session from the config and the options in the body. */
export function registerLaunch(app: App, { manager, mongo, policy }: AppDeps): void {
  app.post(
    '/v1/sessions',
    {
      schema: {
        operationId: 'launchSession',
        summary: 'Launch a session',
        description:
          'Only the prompt is required, as `query` or as `content`; everything else has a default. Baton queues the session, and the first free worker runs Claude Code for it. With an `idempotency-key`, the request can be repeated safely. With a `conversation_key`, the launch continues the newest session of that conversation, if there is one.',
        tags: ['sessions'],
        headers: idempotencyHeaders,
        body: launchRequestSchema,
        response: {
          202: json(
            'Accepted: the session is queued, and can be read at once. With `message`, the query was sent into this session.',
            launchAnswerSchema,
          ),
          ...failures(
            'INVALID_REQUEST',
            'SESSION_NOT_TERMINAL',
            'IDEMPOTENCY_CONFLICT',
            'SESSION_DELETED',
            'PAYLOAD_TOO_LARGE',
            ...POLICY_CODES,
            'WORKER_OUTDATED',
            'TOO_MANY_MESSAGES',
            'CONTENT_TYPE_NOT_SUPPORTED',
            'LIMIT_EXCEEDED',
            'FILE_NOT_FOUND',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { conversation_key, on_busy, ...launch } = request.body;
      const { config, options } = splitRequest(launch);
      const judge = (whole: SessionConfig) => checkPolicy(whole, policy);
      // The other keys of a launch in a conversation may come from the session that it continues.
      if (conversation_key === undefined) checkPolicy(config, policy);
      else checkOverrides(config, policy);
      // While MongoDB is down nobody could read the session. So the launch is refused before it is
      // queued.
      await mongo.ping();
      return answerAccepted(
        reply,
        await manager.acceptance.launch(
          config,
          {
            ...options,
            ...defined({ conversation_key, on_busy }),
            ...buildCallerOptions(request),
            ...idempotencyOf(request),
            tenant: tenantOf(request),
          },
          judge,
        ),
      );
    },
  );
}
