import { AppError, markOf, type Session, splitMark, type TailDeps } from '@baton/core/internal';

/**
 * Where a stream begins: after the seq `after`, or after the event with the id `lastId`.
 * `startTime` is the start time that the reader knows for the session.
 */
export interface StreamStart {
  after: number;
  lastId: string | undefined;
  startTime: string | undefined;
}

/**
 * Reads where a stream resumes. Returns the `position` in the `Last-Event-ID`, and the `mark` in
 * the ids of this session's events. `isOtherSession` is true if the position belongs to a deleted
 * session of the same id.
 */
export async function readResumePosition(
  { heads }: Pick<TailDeps, 'heads'>,
  session: Session,
  { lastId, startTime }: StreamStart,
) {
  const mark = await heads.mark(session);
  if (lastId === undefined) return { isOtherSession: isOtherSession(session, startTime), mark };
  const { position, mark: formerMark } = splitMark(lastId);
  // Once the tombstone of the deleted session has expired, `mark` is empty. Ids that a reader got
  // before the expiry still have this session's mark.
  return { isOtherSession: formerMark !== mark && formerMark !== markOf(session), mark, position };
}

/** Returns true if a reader's `start_time` belongs to a deleted session of the same id. */
export function isOtherSession(
  { start_time }: Pick<Session, 'start_time'>,
  known: string | undefined,
) {
  return known !== undefined && Date.parse(known) !== start_time.getTime();
}

/** Parses the seq in the id of an event. Throws INVALID_REQUEST if it is not a number. */
export function parseSeq(id: string): number {
  if (/^\d{1,10}$/.test(id)) return Number(id);
  throw new AppError(
    'INVALID_REQUEST',
    'last-event-id: expected the id of an event of this stream',
    {
      details: { field: 'last-event-id' },
    },
  );
}
