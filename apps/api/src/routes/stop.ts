import { infoSchema } from '@baton/core/internal';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { failures, idParams, json } from '../openapi/responses.ts';

/** Cancels a session, or ends its turn, from anywhere; both may be said twice. */
export function registerStop(app: App, { stop }: Pick<AppDeps, 'stop'>): void {
  app.post(
    '/v1/sessions/:id/cancel',
    {
      schema: {
        operationId: 'cancelSession',
        summary: 'Cancel a session',
        description:
          'A queued session never starts; a running one is stopped by its worker, wherever it is, and keeps its transcript.',
        tags: ['sessions'],
        params: idParams,
        response: {
          202: json('Accepted: it is cancelled, or will be.', infoSchema),
          ...failures('INVALID_REQUEST', 'SESSION_NOT_FOUND', 'SESSION_TERMINAL', 'UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => reply.code(202).send(await stop.cancelSession(request.params.id)),
  );

  app.post(
    '/v1/sessions/:id/interrupt',
    {
      schema: {
        operationId: 'interruptSession',
        summary: "End a session's turn",
        description:
          'The session completes with what it has, `stopped_by` says so, and it can be continued. One that never began is cancelled.',
        tags: ['sessions'],
        params: idParams,
        response: {
          202: json('Accepted: the turn is being ended.', infoSchema),
          ...failures('INVALID_REQUEST', 'SESSION_NOT_FOUND', 'SESSION_TERMINAL', 'UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => reply.code(202).send(await stop.interruptSession(request.params.id)),
  );
}
