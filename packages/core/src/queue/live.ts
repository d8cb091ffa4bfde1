import type { Redis } from 'ioredis';
import { defined } from '../model/schema/defined.ts';
import type { LiveMessage, Partials } from '../model/session/live.ts';
import type { Session } from '../model/session/session.ts';

// While Redis hangs, messages pile up in the client; beyond this many they are dropped.
const MAX_UNDER_WAY = 1_000;

/** The fields of a session that are published. */
export type PublishedSession = Pick<
  Session,
  'id' | 'root_session_id' | 'parent_session_id' | 'status' | 'last_event_seq' | 'title' | 'tags'
>;

/** Publishes what was written. Nothing waits for it or fails with it: a reader that misses a message reads MongoDB later. */
export interface LivePublisher {
  /** Events up to `last_event_seq` were committed. */
  progressed(session: PublishedSession): void;
  /** The session has a new status. */
  statusChanged(session: PublishedSession): void;
  /** An answer grows by these lines. */
  partials(conversation: string, lines: Omit<Partials, 'kind'>): void;
}

/** The channel of a conversation: every message about its sessions. */
export function conversationChannel(prefix: string, rootSessionId: string): string {
  return `${prefix}:live:${rootSessionId}`;
}

/** The channel of all changes of status. */
export function statusChannel(prefix: string): string {
  return `${prefix}:live`;
}

/** Publishes over this client. Messages are lost while Redis is away. */
export function createLivePublisher(client: Redis, prefix: string): LivePublisher {
  let underWay = 0;

  function publish(channels: readonly string[], message: LiveMessage): void {
    if (underWay >= MAX_UNDER_WAY) return;
    const text = JSON.stringify(message);
    for (const channel of channels) {
      underWay += 1;
      client
        .publish(channel, text)
        // Readers of the stream read MongoDB every few seconds.
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
