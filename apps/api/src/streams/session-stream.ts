import {
  AppError,
  followConversation,
  isBeyond,
  markOf,
  parsePosition,
  resolveFollowFrom,
  type Session,
  splitMark,
  type TailDeps,
  tailSession,
} from '@baton/core/internal';
import type { Message, Source } from './event-stream.ts';
import { tailMessages } from './tail-messages.ts';

/** Where a stream begins: after this seq, or after the event with this id, of the session that began then. */
export interface StreamStart {
  after: number;
  lastId: string | undefined;
  startTime: string | undefined;
}

/**
 * The stream of one session. Throws INVALID_REQUEST where the id is not of one of its events. A position
 * of an earlier session of the same id, which was deleted, is followed by `reset`; then all events come.
 */
export async function sessionSource(
  deps: TailDeps,
  session: Session,
  start: StreamStart,
): Promise<Source> {
  const { isOther, mark, position } = await readStart(deps, session, start);
  const asked = position === undefined ? start.after : seqOf(position);
  const isReset = isOther || isBeyond(asked, session);
  const after = isReset ? 0 : asked;
  return (signal) =>
    begin(
      isReset ? session : null,
      tailMessages(tailSession(deps, session, { after, signal }), false, mark),
    );
}

/** The stream of a session and of those that continue it. Throws and resets as sessionSource does. */
export async function conversationSource(
  deps: TailDeps,
  session: Session,
  start: StreamStart,
): Promise<Source> {
  const { isOther, mark, position } = await readStart(deps, session, start);
  const from =
    position === undefined ? { after: start.after } : { position: parsePosition(position) };
  const isGone = isOther || ('after' in from && isBeyond(from.after, session));
  const followed = isGone ? null : await resolveFollowFrom(deps, session, from);
  return (signal) => {
    const items = followConversation(deps, session, { sent: followed ?? new Map(), signal });
    return begin(followed ? null : session, tailMessages(items, true, mark));
  };
}

/** Where a stream is to begin, whether that is of another session, and the mark that its own events bear. */
async function readStart(
  { heads }: Pick<TailDeps, 'heads'>,
  session: Session,
  { lastId, startTime }: StreamStart,
) {
  const mark = await heads.mark(session);
  if (lastId === undefined) return { isOther: isOther(session, startTime), mark };
  const { position, mark: known } = splitMark(lastId);
  return { isOther: known !== mark && known !== markOf(session), mark, position };
}

/** Whether a reader knows a session of this id that began at another time. */
export function isOther({ start_time }: Pick<Session, 'start_time'>, known: string | undefined) {
  return known !== undefined && Date.parse(known) !== start_time.getTime();
}

async function* begin(
  reset: Session | null,
  messages: AsyncIterable<Message[]>,
): AsyncGenerator<Message[]> {
  if (reset) {
    const { id: session_id, last_event_seq } = reset;
    yield [{ event: 'reset', data: { session_id, last_event_seq } }];
  }
  yield* messages;
}

function seqOf(id: string): number {
  if (/^\d{1,10}$/.test(id)) return Number(id);
  throw new AppError(
    'INVALID_REQUEST',
    'last-event-id: expected the id of an event of this stream',
    {
      details: { field: 'last-event-id' },
    },
  );
}
