// Positions in streams and pages, where a session was deleted and made again under the same id.
import type { Session } from './session.ts';

/** `after` of a reader who wants nothing but the end of a stream: beyond any event. */
const AFTER_ALL = 2 ** 31 - 1;

/** The mark of a session, by which it differs from an earlier session of the same id: when it was made. */
export function markOf({ created_at }: Pick<Session, 'created_at'>): string {
  return created_at.getTime().toString(36);
}

/** The id of an event in a stream: its position, with the session's mark where it has one. */
export function withMark(position: string, mark: string): string {
  return mark === '' ? position : `${position}@${mark}`;
}

/** The position and the mark that an event's id holds; a mark is empty where there is none. */
export function splitMark(id: string): { position: string; mark: string } {
  const [, position = id, mark = ''] = /^(.*)@([0-9a-z]{1,12})$/s.exec(id) ?? [];
  return { position, mark };
}

/** Whether a position lies beyond all events of a session: it is of an earlier session of the same id. */
export function isBeyond(
  after: number,
  { last_event_seq }: Pick<Session, 'last_event_seq'>,
): boolean {
  return after > last_event_seq && after < AFTER_ALL;
}
