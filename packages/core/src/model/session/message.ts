// A message to a session that has not ended: what a caller sends, what is stored, and what queries
// return.
import { z } from 'zod';
import { sessionConfigSchema } from '../config/session-config.ts';
import { type ContentBlock, contentSchema, requestContentSchema } from '../content/content.ts';
import { defined } from '../schema/defined.ts';
import { idSchema } from '../schema/id.ts';
import { type MessagePriority, messagePrioritySchema } from './message-priority.ts';
import type { MessageHolder } from './pending-message.ts';
import { isTerminal } from './status.ts';

const time = z.iso.datetime();

/** Schema of what happens to a message if its session has ended. */
const onEndedSchema = z
  .enum(['reject', 'continue'])
  .describe(
    'What happens if the session has ended. `reject`: the answer is SESSION_TERMINAL. `continue`: the content becomes the query of a new session that continues this session. Default: reject.',
  );

/** Schema of the request that sends a message. */
export const messageRequestSchema = z.strictObject({
  content: z
    .union([sessionConfigSchema.shape.query, requestContentSchema])
    .describe(
      'The text of the message, at most 1 MiB, with visible characters; or blocks, as in the `content` of a launch. A message is never a slash command.',
    ),
  priority: messagePrioritySchema
    .optional()
    .describe(
      `${messagePrioritySchema.description} Default: next. A message with a document waits for the end of the turn in place of \`next\`.`,
    ),
  on_ended: onEndedSchema.optional(),
});

/** A request that sends a message. `priority` defaults to `next`, `on_ended` to `reject`. */
export type MessageRequest = z.infer<typeof messageRequestSchema>;

/**
 * A message as it is stored. The list in the session document decides whether the message is
 * pending.
 */
export interface Message {
  id: string;
  session_id: string;
  root_session_id: string;
  /** The text of the message. For a message of blocks, the text that stands for them. */
  content: string;
  /** Absent in a message that is only a text. */
  blocks?: ContentBlock[];
  /** SHA-256 of the blocks as the request brought them; absent without `blocks`. */
  blocks_hash?: string;
  priority: MessagePriority;
  created_at: Date;
  /** When the message was stored; absent once the session is known to have accepted it. */
  accepting_since?: Date;
  delivered_at?: Date;
  /** The `seq` of the event that shows the message. */
  seq?: number;
  cancelled_at?: Date;
}

/** Every status of a message. */
const MESSAGE_STATUSES = ['queued', 'delivered', 'undelivered', 'cancelled'] as const;

/** Schema of a message's status. */
export const messageStatusSchema = z
  .enum(MESSAGE_STATUSES)
  .describe(
    '`queued`: the session still has to deliver it. `delivered`: it is in the conversation. `undelivered`: the session ended without it. `cancelled`: a caller took it back.',
  );

/** Schema of what became of a request that sends a message. */
export const sentMessageSchema = z.object({
  id: idSchema,
  status: z
    .enum([...MESSAGE_STATUSES, 'continued'])
    .describe(
      'The status of the message: `queued`, or any status after a repeated request. `continued`: the session had ended, and the session `session_id` continues it with the content as its query. Then there is no message.',
    ),
  session_id: idSchema.describe(
    'The session that has the message, or the new session that continues the ended one.',
  ),
});

/** What became of a request that sends a message. */
export type SentMessage = z.infer<typeof sentMessageSchema>;

/** A message's status. */
export type MessageStatus = z.infer<typeof messageStatusSchema>;

/** Schema of a message as queries return it. */
export const messageViewSchema = z.object({
  id: idSchema,
  session_id: idSchema,
  content: z
    .string()
    .describe('The text of the message. For a message of blocks, the text that stands for them.'),
  blocks: contentSchema.optional().describe('The blocks of the message; absent if it is a text.'),
  priority: messagePrioritySchema,
  status: messageStatusSchema,
  created_at: time,
  delivered_at: time.optional().describe('Only if the message is delivered.'),
  seq: z
    .int()
    .positive()
    .optional()
    .describe('The `seq` of the event that shows the message; only if it is delivered.'),
  cancelled_at: time.optional().describe('Only if the message is cancelled.'),
});

/** A message as queries return it. */
export type MessageView = z.infer<typeof messageViewSchema>;

/**
 * Returns the status of a message, or null if its session never accepted it. `session` must have
 * been read before `message`: a worker stores `delivered_at` before it takes the message off the
 * session's list.
 */
export function findMessageStatus(
  message: Pick<Message, 'id' | 'delivered_at' | 'cancelled_at'>,
  session: MessageHolder,
): MessageStatus | null {
  if (session.pending_messages?.some(({ id }) => id === message.id)) {
    return isTerminal(session.status) ? 'undelivered' : 'queued';
  }
  if (message.delivered_at) return 'delivered';
  return message.cancelled_at ? 'cancelled' : null;
}

/**
 * Returns the view of a message, or null if its session never accepted it. Reads `session` as
 * `findMessageStatus` does.
 */
export function toMessageView(message: Message, session: MessageHolder): MessageView | null {
  const status = findMessageStatus(message, session);
  if (status === null) return null;
  const isDelivered = status === 'delivered';
  return {
    id: message.id,
    session_id: message.session_id,
    content: message.content,
    ...defined({ blocks: message.blocks }),
    priority: message.priority,
    status,
    created_at: message.created_at.toISOString(),
    ...defined({
      delivered_at: isDelivered ? message.delivered_at?.toISOString() : undefined,
      seq: isDelivered ? message.seq : undefined,
      cancelled_at: status === 'cancelled' ? message.cancelled_at?.toISOString() : undefined,
    }),
  };
}

/** Returns how many bytes of a session's pending messages a message takes up. Its files do not count. */
export function messageBytes({ content, blocks }: Pick<Message, 'content' | 'blocks'>): number {
  return Buffer.byteLength(blocks ? JSON.stringify(blocks) : content);
}
