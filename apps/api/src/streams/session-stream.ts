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
 * Creates the source of one session's stream. If the position belongs to a deleted session of the
 * same id, the stream begins with `reset` and then sends all events. Throws INVALID_REQUEST if the
 * `Last-Event-ID` is not the id of an event.
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

/**
 * Creates the source of a stream that follows a session and the sessions that continue it. Throws
 * and resets as sessionSource does.
 */
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
