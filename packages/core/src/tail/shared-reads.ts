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
    events: { page: shared(keyOf, (range) => events.page(range)) },
    heads: {
      get: shared(
        (id) => id,
        (id) => heads.get(id),
      ),
      tree: (session, limit) => heads.tree(session, limit),
    },
  };
}

function keyOf({ sessionId, after, upTo, limit, maxBytes }: EventRange): string {
  return `${sessionId} ${after} ${upTo} ${limit} ${maxBytes}`;
}

// Only within one turn of the loop: a read that is under way may not see what its next asker was told of.
function shared<A, T>(keyFor: (asked: A) => string, read: (asked: A) => Promise<T>) {
  const asked = new Map<string, Promise<T>>();
  return (what: A): Promise<T> => {
    const key = keyFor(what);
    const known = asked.get(key);
    if (known) return known;
    const answer = new Promise<T>((resolve, reject) => {
      setImmediate(() => {
        asked.delete(key);
        read(what).then(resolve, reject);
      });
    });
    asked.set(key, answer);
    return answer;
  };
}
