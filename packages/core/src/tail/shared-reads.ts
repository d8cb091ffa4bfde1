import { coalesce } from '../runtime/coalesce.ts';
import type { EventRange, EventStore } from '../store/event-store.ts';
import type { SessionHeads } from '../store/session-heads.ts';

/** What readers of streams ask of the database. */
interface Reads {
  events: Pick<EventStore, 'page'>;
  heads: SessionHeads;
}

/**
 * The same reads, where those who ask for the same thing at the same moment, as all readers of a session
 * do when it is written to, share one answer. Nobody is given what was read before they asked.
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
