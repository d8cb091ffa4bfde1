import type { Event } from '../model/session/event.ts';
import type { EventStore } from '../store/event-store.ts';
import { FIRST_PAGE, nextPage } from './page-size.ts';

/** Reads events on and on, in pages small enough to be held for a reader that is slow. */
export interface EventReader {
  /** The next events of a session after `after`; empty where there are none up to `upTo`. */
  read(sessionId: string, after: number, upTo: number): Promise<Event[]>;
}

/** A reader for one client. */
export function createEventReader(events: Pick<EventStore, 'page'>): EventReader {
  let limit: number = FIRST_PAGE.events;
  return {
    async read(sessionId, after, upTo) {
      if (after >= upTo) return [];
      const range = { sessionId, after, upTo, limit, maxBytes: FIRST_PAGE.bytes };
      const page = await events.page(range);
      limit = nextPage(
        limit,
        page.map(({ raw }) => raw.length),
      );
      return page;
    },
  };
}
