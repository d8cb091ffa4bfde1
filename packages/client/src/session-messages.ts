import type { Message, MessageRequest, SentMessage } from './api-types.ts';
import type { Caller } from './call.ts';
import { type Keyed, keyHeader } from './idempotency-key.ts';
import type { CallOptions } from './options.ts';
import { createPaged, type Paged } from './paged.ts';
import type { PageOptions } from './schedules.ts';
import { checkId, sessionPath } from './session-path.ts';

/** The calls for messages to sessions that have not ended. */
export interface MessageCalls {
  /**
   * Sends a message to a session that has not ended. If the client repeats the call, Baton still
   * sends only one message. If the session has ended, throws SESSION_TERMINAL. If `on_ended` is
   * `continue`, a new session continues it instead: the answer has the status `continued`, and
   * `session_id` is the new session. Throws TOO_MANY_MESSAGES if the session still has to deliver
   * 100 messages or 1 MiB of them, and WORKER_OUTDATED while a worker of an older version runs it.
   */
  send(id: string, message: MessageRequest, options?: CallOptions & Keyed): Promise<SentMessage>;
  /** Lists the messages to a session, oldest first. */
  messages(id: string, options?: PageOptions): Paged<Message>;
  /**
   * Takes a message back that no worker has sent to Claude yet, and returns it. Throws
   * MESSAGE_NOT_QUEUED if the message was sent or its session has ended.
   */
  cancelMessage(id: string, messageId: string, options?: CallOptions): Promise<Message>;
}

/** Creates the calls for messages. */
export function createMessageCalls(call: Caller): MessageCalls {
  const pathOf = (id: string) => `${sessionPath(id)}/messages`;

  return {
    async send(id, body, { idempotencyKey, ...limits } = {}) {
      const headers = keyHeader({ idempotencyKey });
      const made = { method: 'POST', path: pathOf(id), headers, body, isRepeatable: true } as const;
      return (await call(made, limits)).body as SentMessage;
    },
    messages(id, { limit, cursor, ...limits } = {}) {
      const path = pathOf(id);
      return createPaged(async (from) => {
        const query = { limit, cursor: from };
        const answer = await call({ method: 'GET', path, query, isRepeatable: true }, limits);
        const { messages, ...rest } = answer.body as MessagePage;
        return { items: messages, ...rest };
      }, cursor);
    },
    async cancelMessage(id, messageId, limits) {
      const path = `${pathOf(id)}/${checkId(messageId)}`;
      const cancel = { method: 'DELETE', path, isRepeatable: true } as const;
      return (await call(cancel, limits)).body as Message;
    },
  };
}

interface MessagePage {
  messages: Message[];
  next_cursor?: string;
}
