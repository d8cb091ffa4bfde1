import {
  type CancelVerdict,
  cancelSelectionSchema,
  idSchema,
  sessionStatusSchema,
} from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { errorBody, statusOf, toAnswerable } from '../http/http-error.ts';
import { named } from '../openapi/openapi-schema.ts';
import { errorBodySchema, failures, json } from '../openapi/responses.ts';

/**
 * How long the handler may take, in milliseconds. For 1,000 sessions, a busy MongoDB needs some
 * seconds.
 */
const HANDLER_TIMEOUT_MS = 60_000;

named.add(cancelSelectionSchema, { id: 'CancelSelection' });

const verdict = z.union([
  z.object({
    id: idSchema,
    status: sessionStatusSchema.describe(
      'The status after the request: `cancelled`, or the status of a session that its worker will stop.',
    ),
  }),
  z.object({ id: idSchema, error: errorBodySchema.shape.error }),
]);
const verdicts = z.object({
  results: z
    .array(verdict)
    .describe('One result for each session: in the order of `ids`, or newest first.'),
  has_more: z
    .boolean()
    .describe('The tag has more sessions to cancel: repeat the request until this is false.'),
});

/** Cancels many sessions in one request. Each session has its own result. */
export function registerBulkCancel(app: App, { stop, log }: Pick<AppDeps, 'stop' | 'log'>): void {
  app.post(
    '/v1/sessions/cancel',
    {
      handlerTimeout: HANDLER_TIMEOUT_MS,
      schema: {
        operationId: 'cancelSessions',
        summary: 'Cancel up to 1,000 sessions',
        description:
          'Cancels the sessions with these `ids`, or the newest 1,000 sessions with this `tag` that have not ended and were not asked to cancel yet. Each session has its own result. A session that cannot be cancelled does not affect the others. A session that is only in the queue has no tag yet, so only its id cancels it.',
        tags: ['sessions'],
        body: cancelSelectionSchema,
        response: {
          200: json('The result of each session.', verdicts),
          ...failures('INVALID_REQUEST', 'PAYLOAD_TOO_LARGE', 'UNAVAILABLE'),
        },
      },
    },
    async (request) => {
      const { results, has_more } = await stop.cancelSessions(request.body);
      return { results: results.map(toResult), has_more };
    },
  );

  function toResult(one: CancelVerdict) {
    if ('status' in one) return one;
    const answer = toAnswerable(one.error);
    if (statusOf(answer.code) >= 500) {
      log.error(
        { err: answer, code: answer.code, session_id: one.id },
        'could not cancel a session of a bulk request, the caller gets the error',
      );
    }
    return { id: one.id, ...errorBody(answer) };
  }
}
