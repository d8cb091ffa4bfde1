// Sends the query of a launch into the newest session of its conversation.
import { AppError, isAppError } from '../model/errors/app-error.ts';
import type { AcceptedSession } from '../model/job/idempotency.ts';
import type { MessageRequest, SentMessage } from '../model/session/message.ts';
import type { Adopter } from '../store/adopt.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { KeyedRequest } from './keyed-request.ts';

/** The dependencies of queries that become messages. */
export interface SendByKeyDeps {
  adopter: Pick<Adopter, 'find'>;
  messages: Pick<MessageStore, 'find' | 'removeRefused'>;
  /** Sends a message, like `SessionMessages.sendMessage`. */
  sendMessage(
    sessionId: string,
    request: Pick<MessageRequest, 'content'>,
    options: { message_id?: string | undefined; tenant: string },
  ): Promise<SentMessage & { replayed: boolean }>;
}

/** Sends the queries of launches as messages. */
export interface SendByKey {
  /**
   * Sends the query to this session. Returns null if the session has ended. Throws like
   * `sendMessage`; an error about the text names the field `query`.
   */
  send(request: KeyedRequest, sessionId: string): Promise<AcceptedSession | null>;
  /**
   * Returns the message that an equal request sent earlier, or null. If the earlier request died
   * before its session accepted the message, offers the message again.
   */
  findRepeated(request: KeyedRequest): Promise<AcceptedSession | null>;
}

/** Creates the sending of queries over open stores. */
export function createSendByKey({ adopter, messages, sendMessage }: SendByKeyDeps): SendByKey {
  async function send(
    { prompt, messageId, key }: KeyedRequest,
    sessionId: string,
  ): Promise<AcceptedSession | null> {
    try {
      const sent = await sendMessage(
        sessionId,
        { content: prompt },
        { message_id: messageId, tenant: key.tenant },
      );
      const { id, status, replayed } = sent;
      const session = await adopter.find(sent.session_id);
      if (!session || status === 'continued') return null;
      return { session, replayed, message: { id, status } };
    } catch (error) {
      if (isAppError(error) && MISSED.includes(error.code)) return null;
      throw typeof prompt === 'string' ? namedAsQuery(error) : error;
    }
  }

  return {
    send,
    async findRepeated(request) {
      const { key, messageId } = request;
      const found = messageId === undefined ? null : await messages.find(messageId);
      if (!found) return null;
      const session = await adopter.find(found.session_id);
      if (session && session.conversation_key !== key.key) {
        throw new AppError(
          'IDEMPOTENCY_CONFLICT',
          'the idempotency key was already used with a different request; use a new key for a new message',
          { details: { field: 'idempotency_key', id: found.id } },
        );
      }
      const sent = session ? await send(request, session.id) : null;
      // The session ended without the message, so the request is decided anew.
      if (!sent) await messages.removeRefused(found);
      return sent;
    },
  };
}

/** The error codes that mean that the session ended, or was deleted, before it got the message. */
const MISSED = ['SESSION_TERMINAL', 'SESSION_NOT_FOUND'];

function namedAsQuery(error: unknown): unknown {
  if (!isAppError(error) || error.details?.field !== 'content') return error;
  const { code, message, details } = error;
  return new AppError(code, message, { details: { ...details, field: 'query' }, cause: error });
}
