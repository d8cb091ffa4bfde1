import { AppError, markOf, type Session, splitMark, type TailDeps } from '@baton/core/internal';

/** Where a stream begins: after this seq, or after the event with this id, of the session that began then. */
export interface StreamStart {
  after: number;
  lastId: string | undefined;
  startTime: string | undefined;
}

/**
 * Reads where a stream goes on after a `Last-Event-ID`: the position in that id, whether it is of another session
 * (one of the same id that was deleted since), and the mark that the ids of this session's events bear.
 */
export async function readResumePosition(
  { heads }: Pick<TailDeps, 'heads'>,
  session: Session,
  { lastId, startTime }: StreamStart,
) {
  const mark = await heads.mark(session);
  if (lastId === undefined) return { isOtherSession: isOtherSession(session, startTime), mark };
  const { position, mark: formerMark } = splitMark(lastId);
  return { isOtherSession: formerMark !== mark && formerMark !== markOf(session), mark, position };
}

/** Says whether a reader's `start_time` is of another session of this id: that one was deleted since. */
export function isOtherSession(
  { start_time }: Pick<Session, 'start_time'>,
  known: string | undefined,
) {
  return known !== undefined && Date.parse(known) !== start_time.getTime();
}

/** Parses the seq in an event's id. Throws INVALID_REQUEST where it is none. */
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
