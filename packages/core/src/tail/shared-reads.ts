import { coalesce } from '../runtime/coalesce.ts';
import type { EventRange, EventStore } from '../store/event-store.ts';
import type { SessionHeads } from '../store/session-heads.ts';

/** The reads that streams make. */
interface Reads {
  events: Pick<EventStore, 'page'>;
  heads: SessionHeads;
}

/**
 * Returns the same reads, but callers that ask for the same thing at the same moment share one
 * answer. All streams of a session ask for the same events after each write to the session. No
 * caller gets an answer that was read before its call.
 */
export function shareReads({ events, heads }: Reads): Reads {
  return {
    events: { page: coalesce(keyOf, (range) => events.page(range)) },
    heads: {
      get: coalesce(
        (id) => id,
        (id) => heads.get(id),
      ),
      tree: (session, limit) => heads.tree(session, limit),
      mark: (session) => heads.mark(session),
    },
  };
}

function keyOf({ sessionId, after, upTo, limit, maxBytes }: EventRange): string {
  return `${sessionId} ${after} ${upTo} ${limit} ${maxBytes}`;
}
