import { type Event, type EventView, toEventView } from '../model/session/event.ts';
import { markOf, splitMark, withMark } from '../model/session/resume-mark.ts';
import type { Session } from '../model/session/session.ts';
import { badCursor, decodeCursor, encodeCursor } from './cursor.ts';
import { type EventStore, PAGE_MAX_BYTES } from './event-store.ts';
import type { ConversationLink, SessionStore } from './session-store.ts';

const LIST = 'conversation';

/** An event of a conversation: an event and the id of its session. */
export type ConversationEvent = EventView & { session_id: string };

/**
 * A page of the events of a conversation, in order, from the root's first event to the session's
 * last event.
 */
export interface ConversationPage {
  events: ConversationEvent[];
  next_cursor?: string;
}

/**
 * Returns a page of a conversation, up to this session. Leaves out superseded events. If a session
 * continues from the middle of its parent, also leaves out the events of the parent that came
 * later. `limit` is the maximum number of events on the page, and `cursor` is the `next_cursor` of
 * an earlier page. Throws INVALID_REQUEST if the cursor is not from this conversation.
 */
export async function readConversation(
  { sessions, events }: { sessions: SessionStore; events: EventStore },
  session: Session,
  { limit, cursor }: { limit: number; cursor?: string },
): Promise<ConversationPage> {
  const chain = endAtContinues(await sessions.ancestry(session));
  let [from, after] = cursor === undefined ? [0, 0] : startAt(chain, cursor, markOf(session));
  const page: ConversationEvent[] = [];
  let bytes = 0;
  for (; from < chain.length; from += 1, after = 0) {
    const link = chain[from];
    if (!link) break;
    while (after < link.last_event_seq) {
      const free = limit - page.length;
      if (free === 0 || bytes >= PAGE_MAX_BYTES) {
        return {
          events: page,
          next_cursor: encodeCursor([link.id, withMark(String(after), markOf(session))], LIST),
        };
      }
      const read = await events.page({
        sessionId: link.id,
        after,
        upTo: link.last_event_seq,
        limit: free,
        maxBytes: PAGE_MAX_BYTES - bytes,
      });
      bytes += read.reduce((sum, event) => sum + event.raw.length, 0);
      page.push(...read.filter((event) => !isSuperseded(link, event)).map(toConversationEvent));
      after = read.at(-1)?.seq ?? link.last_event_seq;
    }
  }
  return { events: page };
}

/** Ends each session of a chain at the event from which the next session continues. */
function endAtContinues(chain: readonly ConversationLink[]): ConversationLink[] {
  return chain.map((link, index) => {
    const at = chain[index + 1]?.continues_at?.seq ?? link.last_event_seq;
    return { ...link, last_event_seq: Math.min(at, link.last_event_seq) };
  });
}

// A conversation may have been deleted and launched again under the same ids. This function refuses
// a cursor of the deleted conversation, because such a cursor would silently skip events of the new
// conversation.
function startAt(
  chain: readonly ConversationLink[],
  cursor: string,
  own: string,
): [number, number] {
  const [id, markedPosition] = decodeCursor(cursor, LIST);
  const { position, mark } = splitMark(markedPosition);
  const index = chain.findIndex((link) => link.id === id);
  const after = /^\d{1,10}$/.test(position) ? Number(position) : -1;
  const last = chain[index]?.last_event_seq ?? -1;
  if (after < 0 || after > last) throw badCursor();
  if (mark !== '' && mark !== own) throw badCursor();
  return [index, after];
}

function isSuperseded(link: ConversationLink, event: Event): boolean {
  return link.superseded?.some(({ from, to }) => from <= event.seq && event.seq <= to) ?? false;
}

function toConversationEvent(event: Event): ConversationEvent {
  return { session_id: event.session_id, ...toEventView(event) };
}
