import {
  checkPolicy,
  idSchema,
  messageRequestSchema,
  messageViewSchema,
  POLICY_CODES,
  sentMessageSchema,
} from '@baton/core/internal';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { buildCallerOptions, idempotencyHeaders, idempotencyOf } from '../http/idempotency.ts';
import { named } from '../openapi/openapi-schema.ts';
import { cursor, failures, idParams, json, limit } from '../openapi/responses.ts';

named.add(messageRequestSchema, { id: 'MessageRequest' });
named.add(messageViewSchema, { id: 'Message' });
named.add(sentMessageSchema, { id: 'SentMessage' });

const messageParams = z.strictObject({
  ...idParams.shape,
  message_id: idSchema.describe('The id of a message.'),
});

const messagePage = z.object({
  messages: z.array(messageViewSchema),
  next_cursor: z.string().optional().describe('Absent on the last page.'),
});

/** Sends messages to a session, lists them, and takes them back. */
export function registerMessages(
  app: App,
  { messages, policy }: Pick<AppDeps, 'messages' | 'policy'>,
): void {
  app.post(
    '/v1/sessions/:id/messages',
    {
      schema: {
        operationId: 'sendMessage',
        summary: 'Send a message to a session that has not ended',
        description:
          'Claude gets the message while it works. A session that is queued or waits keeps the message for its next attempt. Every accepted message is then delivered, cancelled, or undelivered when the session ends. With an `idempotency-key`, the request can be repeated safely; each session has its own keys. If the session has ended, `on_ended` decides.',
        tags: ['messages'],
        params: idParams,
        headers: idempotencyHeaders,
        body: messageRequestSchema,
        response: {
          202: json(
            'Accepted: the session has the message, or a new session continues it.',
            sentMessageSchema,
          ),
          ...failures(
            'INVALID_REQUEST',
            'SESSION_NOT_FOUND',
            'FILE_NOT_FOUND',
            'SESSION_TERMINAL',
            'PARENT_NOT_RESUMABLE',
            'IDEMPOTENCY_CONFLICT',
            'SESSION_DELETED',
            'PAYLOAD_TOO_LARGE',
            ...POLICY_CODES,
            'CONTENT_TYPE_NOT_SUPPORTED',
            'WORKER_OUTDATED',
            'TOO_MANY_MESSAGES',
            'LIMIT_EXCEEDED',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const sent = await messages.sendMessage(request.params.id, request.body, {
        ...buildCallerOptions(request),
        ...idempotencyOf(request),
        judge: (config) => checkPolicy(config, policy),
      });
      const { replayed, ...answer } = sent;
      if (replayed) reply.header('idempotency-replayed', 'true');
      return reply.code(202).send(answer);
    },
  );

  app.get(
    '/v1/sessions/:id/messages',
    {
      schema: {
        operationId: 'listMessages',
        summary: 'List the messages to a session, oldest first',
        description: 'A page may hold fewer messages than `limit`, also if it is not the last.',
        tags: ['messages'],
        params: idParams,
        querystring: z.strictObject({ limit: limit(50, 200), cursor }),
        response: {
          200: json('A page of messages.', messagePage),
          ...failures('INVALID_REQUEST', 'SESSION_NOT_FOUND', 'UNAVAILABLE'),
        },
      },
    },
    async (request) => messages.listMessages(request.params.id, request.query),
  );

  app.delete(
    '/v1/sessions/:id/messages/:message_id',
    {
      schema: {
        operationId: 'cancelMessage',
        summary: 'Take a message back',
        description:
          'Only a message that no worker has sent to Claude yet can be taken back. A message with the priority `later` that comes while a turn runs stays with the worker, so it can be taken back until the turn is over. The request can be repeated safely.',
        tags: ['messages'],
        params: messageParams,
        response: {
          200: json('The message is cancelled.', messageViewSchema),
          ...failures(
            'INVALID_REQUEST',
            'SESSION_NOT_FOUND',
            'MESSAGE_NOT_FOUND',
            'MESSAGE_NOT_QUEUED',
            'UNAVAILABLE',
          ),
        },
      },
    },
    async ({ params }) => messages.cancelMessage(params.id, params.message_id),
  );
}
