import { idSchema, isAppError } from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { failures, idParams, json, nothing } from '../openapi/responses.ts';

/** How long a caller is kept waiting, in milliseconds, before the rest goes on by itself. */
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
          'Removes every session of the conversation that `:id` belongs to: documents, events, transcripts, jobs. All of them must have ended. There is no way back; saying it again is harmless.',
        tags: ['sessions'],
        params: idParams,
        response: {
          202: json('It is being deleted; the rest goes on by itself.', deleting),
          204: nothing('It is gone.'),
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
      // One that only the queue knows has not ended: it is told so, as any other.
      await manager.getSession(id).catch((error: unknown) => {
        if (!isAppError(error) || error.code !== 'SESSION_NOT_FOUND') throw error;
      });
      const state = await deletion.deleteConversation(id, AbortSignal.timeout(WAIT_MS));
      if (state === 'gone') return reply.code(204).send();
      return reply.code(202).send({ id, state });
    },
  );
}
