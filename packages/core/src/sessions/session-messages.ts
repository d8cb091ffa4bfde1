import { AppError } from '../model/errors/app-error.ts';
import { defined } from '../model/schema/defined.ts';
import { type MessageView, toMessageView } from '../model/session/message.ts';
import { createSendMessage, type MessageDeps, type SendMessage } from './send-message.ts';

/** A page of messages, oldest first. It may hold fewer messages than asked for. */
export interface MessageViewPage {
  messages: MessageView[];
  next_cursor?: string;
}

/** Sends messages to sessions that have not ended, lists them and takes them back. */
export interface SessionMessages {
  /**
   * Sends a message to a session. The session has accepted it once the call returns: the message is
   * then delivered, cancelled, or undelivered when the session ends. Throws SESSION_NOT_FOUND,
   * TOO_MANY_MESSAGES if the session still has to deliver 100 messages or 1 MiB of them,
   * PAYLOAD_TOO_LARGE if the message alone has more than 1 MiB, WORKER_OUTDATED while a worker of
   * an older version runs the session, IDEMPOTENCY_CONFLICT if the idempotency key was used with a
   * different message, and UNAVAILABLE.
   *
   * If the session has ended, throws SESSION_TERMINAL. With `on_ended: 'continue'` it continues the
   * session instead, and then throws like continueSession.
   */
  sendMessage: SendMessage;
  /**
   * Returns a page of the messages that a session accepted, oldest first. `limit` is the maximum
   * number of messages (default: 50), and `cursor` is the `next_cursor` of an earlier page. Throws
   * SESSION_NOT_FOUND, and INVALID_REQUEST if the cursor is not from this list.
   */
  listMessages(
    sessionId: string,
    page?: { limit?: number | undefined; cursor?: string | undefined },
  ): Promise<MessageViewPage>;
  /**
   * Takes a message back that no worker has sent to Claude yet, and returns the message. Repeating
   * the call changes nothing. Throws SESSION_NOT_FOUND, MESSAGE_NOT_FOUND, and MESSAGE_NOT_QUEUED
   * if the message was sent or its session has ended.
   */
  cancelMessage(sessionId: string, messageId: string): Promise<MessageView>;
}

/** Creates the messages of sessions over open stores and an open queue. */
export function createSessionMessages(deps: MessageDeps): SessionMessages {
  const { manager, stores } = deps;
  const { messages, messageAcceptance } = stores;

  /** Reads the session before the message, as `toMessageView` requires. */
  async function read(sessionId: string, messageId: string): Promise<MessageView> {
    const session = await manager.getSession(sessionId);
    const message = await messages.get(sessionId, messageId);
    const view = message && toMessageView(message, session);
    if (view) return view;
    throw new AppError('MESSAGE_NOT_FOUND', `session ${sessionId} has no message ${messageId}`);
  }

  return {
    sendMessage: createSendMessage(deps),
    async listMessages(sessionId, { limit = 50, cursor } = {}) {
      const session = await manager.getSession(sessionId);
      const found = await messages.list(sessionId, { limit, ...defined({ cursor }) });
      const views = found.messages.map((message) => toMessageView(message, session));
      return {
        messages: views.filter((view) => view !== null),
        ...defined({ next_cursor: found.next_cursor }),
      };
    },
    async cancelMessage(sessionId, messageId) {
      const before = await read(sessionId, messageId);
      if (before.status === 'cancelled') return before;
      if (before.status !== 'queued') throw notQueued(before);
      await messages.setCancelled(messageId);
      const withdrawal = await messageAcceptance.withdraw(sessionId, messageId);
      if (withdrawal === 'withdrawn') await messages.setWithdrawn(messageId);
      const after = await read(sessionId, messageId);
      if (after.status === 'cancelled') return after;
      await messages.unsetCancelled(messageId);
      throw notQueued(after);
    },
  };
}

function notQueued({ id, status }: MessageView): AppError {
  const why = {
    queued: 'a worker has sent it to Claude',
    delivered: 'it is delivered',
    undelivered: 'its session has ended',
    cancelled: 'it is cancelled',
  }[status];
  return new AppError('MESSAGE_NOT_QUEUED', `message ${id} cannot be taken back: ${why}`, {
    details: { status },
  });
}
