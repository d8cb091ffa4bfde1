// The messages that a session has accepted and not yet delivered. The session document lists their
// ids, because one guarded update must see both the list and the status.
import { z } from 'zod';
import { defined } from '../schema/defined.ts';
import { idSchema } from '../schema/id.ts';
import { messagePrioritySchema } from './message-priority.ts';
import { isTerminal, type SessionStatus } from './status.ts';

/** How many messages may be pending in one session. */
export const PENDING_MAX_MESSAGES = 100;

/** How many bytes of content all pending messages of one session may have together: 1 MiB. */
export const PENDING_MAX_BYTES = 1024 * 1024;

/** Schema of a pending message in the session document. */
export const pendingMessageSchema = z.object({
  id: idSchema,
  bytes: z.int().nonnegative().describe('The length of the content in bytes of UTF-8.'),
  priority: messagePrioritySchema.optional().describe('Absent in messages of earlier versions.'),
  sent_by: z
    .int()
    .positive()
    .optional()
    .describe('Fence of the attempt that sends the message to the CLI; absent until then.'),
});

/** A pending message in the session document. */
export type PendingMessage = z.infer<typeof pendingMessageSchema>;

/** The fields of a session that decide whether it accepts a message. */
export interface MessageHolder {
  status: SessionStatus;
  pending_messages?: PendingMessage[] | undefined;
  messages_accepted?: number | undefined;
  lease?: { takes_messages?: boolean | undefined; takes_content?: boolean | undefined } | undefined;
}

/**
 * Why a session did not accept a message. `known`: the message is pending already. `full`: the
 * bound `over` would be exceeded. `raced`: the session accepted another message since its count was
 * read. `outdated`: a worker of an older version runs the session, and would end it without the
 * message.
 */
export type MessageRefusal =
  | { kind: 'missing' }
  | { kind: 'known' }
  | { kind: 'ended'; status: SessionStatus }
  | { kind: 'full'; over: 'messages' | 'bytes'; messages: number; bytes: number }
  | { kind: 'raced' }
  | { kind: 'outdated' };

/**
 * Returns why a session refuses a message, or null if it accepts the message. `session` is null if
 * there is no such session. With `acceptedBefore`, the session refuses if it has accepted a
 * different number of messages since it was created.
 */
export function findMessageRefusal(
  session: MessageHolder | null,
  { id, bytes, hasBlocks = false }: Pick<PendingMessage, 'id' | 'bytes'> & { hasBlocks?: boolean },
  acceptedBefore?: number,
): MessageRefusal | null {
  if (!session) return { kind: 'missing' };
  const { pending_messages: pending = [], messages_accepted = 0, status, lease } = session;
  if (pending.some((one) => one.id === id)) return { kind: 'known' };
  if (isTerminal(status)) return { kind: 'ended', status };
  const takesIt = hasBlocks ? lease?.takes_content : lease?.takes_messages;
  if (status !== 'queued' && !takesIt) return { kind: 'outdated' };
  const held = { messages: pending.length, bytes: sumBytes(pending) };
  if (held.messages >= PENDING_MAX_MESSAGES) return { kind: 'full', over: 'messages', ...held };
  if (held.bytes + bytes > PENDING_MAX_BYTES) return { kind: 'full', over: 'bytes', ...held };
  if (acceptedBefore !== undefined && acceptedBefore !== messages_accepted) {
    return { kind: 'raced' };
  }
  return null;
}

/**
 * Returns the number of messages that a live session still has to deliver, or undefined if none.
 */
function countQueuedMessages({
  status,
  pending_messages: pending = [],
}: MessageHolder): number | undefined {
  return isTerminal(status) || pending.length === 0 ? undefined : pending.length;
}

/**
 * Returns the ids of the messages that an ended session did not deliver; undefined if there are
 * none.
 */
export function findUndeliveredMessages({
  status,
  pending_messages: pending = [],
}: MessageHolder): string[] | undefined {
  return isTerminal(status) && pending.length > 0 ? pending.map(({ id }) => id) : undefined;
}

/**
 * Returns the two facts about messages that the view of a session has; both are absent if no
 * message is pending.
 */
export function toMessageFacts(session: MessageHolder): {
  queued_messages?: number;
  undelivered_messages?: string[];
} {
  return defined({
    queued_messages: countQueuedMessages(session),
    undelivered_messages: findUndeliveredMessages(session),
  });
}

function sumBytes(pending: readonly PendingMessage[]): number {
  return pending.reduce((sum, { bytes }) => sum + bytes, 0);
}
