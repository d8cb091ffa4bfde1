import { infoSchema } from '@baton/core/internal';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { failures, idParams, json } from '../openapi/responses.ts';

/** Cancels a session, or ends its turn early. Both requests can be repeated safely. */
export function registerStop(app: App, { stop }: Pick<AppDeps, 'stop'>): void {
  app.post(
    '/v1/sessions/:id/cancel',
    {
      schema: {
        operationId: 'cancelSession',
        summary: 'Cancel a session',
        description:
          'A queued session never starts. A running session is stopped by its worker, and keeps its transcript.',
        tags: ['sessions'],
        params: idParams,
        response: {
          202: json('Accepted: the session is cancelled, or will be.', infoSchema),
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
          'Claude ends its turn. The session completes with the work done so far, its `stopped_by` is set, and it can be continued. A session that never started is cancelled.',
        tags: ['sessions'],
        params: idParams,
        response: {
          202: json('Accepted: the session is ending its turn, or was cancelled.', infoSchema),
          ...failures('INVALID_REQUEST', 'SESSION_NOT_FOUND', 'SESSION_TERMINAL', 'UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => reply.code(202).send(await stop.interruptSession(request.params.id)),
  );
}
