import {
  checkOverrides,
  checkPolicy,
  continueRequestSchema,
  infoSchema,
  POLICY_CODES,
  splitRequest,
} from '@baton/core/internal';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { answerAccepted } from '../http/accepted.ts';
import { buildCallerOptions, idempotencyHeaders, idempotencyOf } from '../http/idempotency.ts';
import { named } from '../openapi/openapi-schema.ts';
import { failures, idParams, json } from '../openapi/responses.ts';

named.add(continueRequestSchema, { id: 'ContinueRequest' });

/** Continues a session in a new session, whose parent is the session `:id`. */
export function registerContinue(app: App, { manager, policy }: AppDeps): void {
  app.post(
    '/v1/sessions/:id/continue',
    {
      schema: {
        operationId: 'continueSession',
        summary: 'Continue a session in a new one',
        description:
          'The new session inherits each key that the body leaves out; null clears a key. max_turns, max_budget_usd and files are never inherited. If the parent has not ended, `on_busy` decides: Baton refuses the request, or the new session waits until the parent has ended (`waiting_for: parent`). With `at` it continues from the middle of the parent: the model does not see what came after that event.',
        tags: ['sessions'],
        params: idParams,
        headers: idempotencyHeaders,
        body: continueRequestSchema,
        response: {
          202: json('Accepted: the new session, with `:id` as its parent.', infoSchema),
          ...failures(
            'INVALID_REQUEST',
            'PARENT_NOT_FOUND',
            'SESSION_NOT_TERMINAL',
            'PARENT_NOT_RESUMABLE',
            'EVENT_NOT_FOUND',
            'EVENT_NOT_IN_TRANSCRIPT',
            'IDEMPOTENCY_CONFLICT',
            'SESSION_DELETED',
            'PAYLOAD_TOO_LARGE',
            ...POLICY_CODES,
            'CONTENT_TYPE_NOT_SUPPORTED',
            'LIMIT_EXCEEDED',
            'FILE_NOT_FOUND',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { on_busy, at, ...continuation } = request.body;
      const { config: overrides, options } = splitRequest(continuation);
      checkOverrides(overrides, policy);
      return answerAccepted(
        reply,
        await manager.acceptance.continue(
          { ...overrides, parent_session_id: request.params.id },
          { ...options, on_busy, at, ...buildCallerOptions(request), ...idempotencyOf(request) },
          (config) => checkPolicy(config, policy),
        ),
      );
    },
  );
}
