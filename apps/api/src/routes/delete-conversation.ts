import { idSchema, isAppError } from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { failures, idParams, json, nothing } from '../openapi/responses.ts';

/**
 * How long the caller waits for the deletion, in milliseconds. After that, the deletion finishes in
 * the background.
 */
const WAIT_MS = 7_000;

const deleting = z.object({ id: idSchema, state: z.literal('deleting') });

/** Deletes a whole conversation. */
export function registerDeleteConversation(app: App, { manager, deletion }: AppDeps): void {
  app.delete(
    '/v1/sessions/:id',
    {
      schema: {
        operationId: 'deleteSession',
        summary: 'Delete a whole conversation',
        description:
          'Deletes every session of the conversation that `:id` belongs to, with its document, events, transcript, messages and job. All sessions of the conversation must have ended. A deletion cannot be undone. The request can be repeated safely.',
        tags: ['sessions'],
        params: idParams,
        response: {
          202: json('Accepted: Baton finishes the deletion in the background.', deleting),
          204: nothing('The conversation is deleted.'),
          ...failures(
            'INVALID_REQUEST',
            'SESSION_NOT_FOUND',
            'SESSION_NOT_TERMINAL',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      // A session that only the queue knows has no document yet. getSession adopts it, so that the
      // deletion answers SESSION_NOT_TERMINAL instead of SESSION_NOT_FOUND.
      await manager.getSession(id).catch((error: unknown) => {
        if (!isAppError(error) || error.code !== 'SESSION_NOT_FOUND') throw error;
      });
      const state = await deletion.deleteConversation(id, AbortSignal.timeout(WAIT_MS));
      if (state === 'gone') return reply.code(204).send();
      return reply.code(202).send({ id, state });
    },
  );
}
