// Positions in streams and pages. A mark distinguishes a session from a deleted session with the same id.
import type { Session } from './session.ts';

/** A value of `after` beyond any event, for a reader who only waits for the end of a stream. */
const AFTER_ALL = 2 ** 31 - 1;

/**
 * Returns the mark of a session: its creation time. An earlier session with the same id has a different creation time.
 */
export function markOf({ created_at }: Pick<Session, 'created_at'>): string {
  return created_at.getTime().toString(36);
}

/** Returns the id of an event in a stream: its position, followed by the session's mark if it has one. */
export function withMark(position: string, mark: string): string {
  return mark === '' ? position : `${position}@${mark}`;
}

/** Splits an event's id into the position and the mark; the mark is empty if the id has none. */
export function splitMark(id: string): { position: string; mark: string } {
  const [, position = id, mark = ''] = /^(.*)@([0-9a-z]{1,12})$/s.exec(id) ?? [];
  return { position, mark };
}

/**
 * Returns whether a position lies beyond all events of a session. Such a position comes from an earlier session with
 * the same id.
 */
export function isBeyond(
  after: number,
  { last_event_seq }: Pick<Session, 'last_event_seq'>,
): boolean {
  return after > last_event_seq && after < AFTER_ALL;
}
