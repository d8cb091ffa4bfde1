import type { MessageRequest, MessageView } from '@baton/core/internal';
import type { OperationExamples } from './example.ts';
import { CHILD, FILE, MESSAGE, OTHER, SESSION } from './ids.ts';

const delivered = {
  id: MESSAGE,
  session_id: SESSION,
  content: 'Leave the tests of the invoice alone.',
  priority: 'next',
  status: 'delivered',
  created_at: '2026-11-24T09:00:20.000Z',
  delivered_at: '2026-11-24T09:00:23.000Z',
  seq: 9,
} satisfies MessageView;

const queued = {
  id: OTHER,
  session_id: SESSION,
  content: 'Then write a changelog entry.',
  priority: 'later',
  status: 'queued',
  created_at: '2026-11-24T09:00:31.000Z',
} satisfies MessageView;

/** The examples of the operations on messages. */
export const messages: Record<string, OperationExamples> = {
  sendMessage: {
    body: {
      plain: {
        summary: 'A message for the running turn',
        value: { content: delivered.content } satisfies MessageRequest,
      },
      picture: {
        summary: 'A message with an uploaded picture',
        value: {
          content: [
            { type: 'text', text: 'It should look like this.' },
            { type: 'image', source: { type: 'file', file_id: FILE } },
          ],
        } satisfies MessageRequest,
      },
      later: {
        summary: 'A message for after the turn, or for a new session if this session has ended',
        value: {
          content: queued.content,
          priority: 'later',
          on_ended: 'continue',
        } satisfies MessageRequest,
      },
    },
    responses: {
      202: {
        queued: {
          summary: 'The session will deliver the message',
          value: { id: MESSAGE, status: 'queued', session_id: SESSION },
        },
        continued: {
          summary: 'The session had ended: a new session continues it with this content',
          value: { id: MESSAGE, status: 'continued', session_id: CHILD },
        },
      },
    },
  },
  listMessages: {
    responses: {
      200: {
        page: {
          summary: 'A delivered message, and a queued message for after the turn',
          value: { messages: [delivered, queued] },
        },
      },
    },
  },
  cancelMessage: {
    responses: {
      200: {
        cancelled: {
          summary: 'The message is taken back',
          value: {
            ...queued,
            status: 'cancelled',
            cancelled_at: '2026-11-24T09:00:35.000Z',
          } satisfies MessageView,
        },
      },
    },
  },
};
