import {
  followConversation,
  isBeyond,
  parsePosition,
  resolveFollowFrom,
  type Session,
  type TailDeps,
  tailSession,
} from '@baton/core/internal';
import type { Message, Source } from './event-stream.ts';
import { parseSeq, readResumePosition, type StreamStart } from './last-event-id.ts';
import { tailMessages } from './tail-messages.ts';

/**
 * The stream of one session. Throws INVALID_REQUEST where the id is not of one of its events. A position
 * of an earlier session of the same id, which was deleted, is followed by `reset`; then all events come.
 */
export async function sessionSource(
  deps: TailDeps,
  session: Session,
  start: StreamStart,
): Promise<Source> {
  const { isOtherSession, mark, position } = await readResumePosition(deps, session, start);
  const requestedAfter = position === undefined ? start.after : parseSeq(position);
  const isReset = isOtherSession || isBeyond(requestedAfter, session);
  const after = isReset ? 0 : requestedAfter;
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
  const { isOtherSession, mark, position } = await readResumePosition(deps, session, start);
  const from =
    position === undefined ? { after: start.after } : { position: parsePosition(position) };
  const isGone = isOtherSession || ('after' in from && isBeyond(from.after, session));
  const followed = isGone ? null : await resolveFollowFrom(deps, session, from);
  return (signal) => {
    const items = followConversation(deps, session, { sent: followed ?? new Map(), signal });
    return begin(followed ? null : session, tailMessages(items, true, mark));
  };
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
