import type { Redis } from 'ioredis';
import { defined } from '../model/schema/defined.ts';
import type { LiveMessage, Partials } from '../model/session/live.ts';
import type { Session } from '../model/session/session.ts';

// While Redis hangs, messages accumulate in the client. Beyond this number, new messages are
// dropped.
const MAX_UNDER_WAY = 1_000;

/** The fields of a session that are published. */
export type PublishedSession = Pick<
  Session,
  'id' | 'root_session_id' | 'parent_session_id' | 'status' | 'last_event_seq' | 'title' | 'tags'
>;

/**
 * Publishes on the live channel. The calls return at once and never throw. A reader that misses a
 * message reads MongoDB later.
 */
export interface LivePublisher {
  /** Publishes that the events up to `last_event_seq` were committed. */
  progressed(session: PublishedSession): void;
  /** Publishes the session's new status. */
  statusChanged(session: PublishedSession): void;
  /** Publishes partial lines of an answer. */
  partials(conversation: string, lines: Omit<Partials, 'kind'>): void;
}

/** Returns the name of a conversation's channel, which carries every message about its sessions. */
export function conversationChannel(prefix: string, rootSessionId: string): string {
  return `${prefix}:live:${rootSessionId}`;
}

/** Returns the name of the channel that carries the status changes of all sessions. */
export function statusChannel(prefix: string): string {
  return `${prefix}:live`;
}

/** Creates a publisher that uses this client. Messages are lost while Redis is down. */
export function createLivePublisher(client: Redis, prefix: string): LivePublisher {
  let underWay = 0;

  function publish(channels: readonly string[], message: LiveMessage): void {
    if (underWay >= MAX_UNDER_WAY) return;
    const text = JSON.stringify(message);
    for (const channel of channels) {
      underWay += 1;
      client
        .publish(channel, text)
        // A lost message does no harm, because the readers of streams also read MongoDB every few
        // seconds.
        .catch(() => {})
        .finally(() => {
          underWay -= 1;
        });
    }
  }

  function buildMessage(session: PublishedSession): LiveMessage {
    const { id, root_session_id, parent_session_id, status, last_event_seq } = session;
    const at = new Date().toISOString();
    return {
      kind: 'news',
      id,
      root_session_id,
      ...defined({ parent_session_id }),
      status,
      last_event_seq,
      at,
    };
  }

  return {
    progressed(session) {
      publish([conversationChannel(prefix, session.root_session_id)], buildMessage(session));
    },
    statusChanged(session) {
      const { title, tags, root_session_id: root } = session;
      publish([conversationChannel(prefix, root), statusChannel(prefix)], {
        ...buildMessage(session),
        ...defined({ title, tags }),
      });
    },
    partials(conversation, lines) {
      publish([conversationChannel(prefix, conversation)], { kind: 'partials', ...lines });
    },
  };
}
