import type { Event } from '../model/session/event.ts';
import type { EventStore } from '../store/event-store.ts';
import { FIRST_PAGE, nextPage } from './page-size.ts';

/** Reads events page by page. The pages are small enough to be kept in memory for a slow client. */
export interface EventReader {
  /**
   * Returns the next events of a session after `after`, or an empty list if there are none up to
   * `upTo`.
   */
  read(sessionId: string, after: number, upTo: number): Promise<Event[]>;
}

/** Creates a reader for one client. */
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
