import {
  AppError,
  followConversation,
  parsePosition,
  type Session,
  type TailDeps,
  tailSession,
  toldFrom,
} from '@baton/core';
import type { Source } from './event-stream.ts';
import { tailMessages } from './tail-messages.ts';

/** Where a stream begins: after this seq, or after the event with this id. */
export interface StreamStart {
  after: number;
  lastId: string | undefined;
}

/** The stream of one session. Throws INVALID_REQUEST where the id is not of one of its events. */
export function sessionSource(deps: TailDeps, session: Session, start: StreamStart): Source {
  const after = start.lastId === undefined ? start.after : seqOf(start.lastId);
  return (signal) => tailMessages(tailSession(deps, session, { after, signal }), false);
}

/** The stream of a session and of those that continue it. Throws as sessionSource does. */
export async function conversationSource(
  deps: TailDeps,
  session: Session,
  { after, lastId }: StreamStart,
): Promise<Source> {
  const from = lastId === undefined ? { after } : { position: parsePosition(lastId) };
  const told = await toldFrom(deps, session, from);
  return (signal) => tailMessages(followConversation(deps, session, { told, signal }), true);
}

function seqOf(id: string): number {
  if (/^\d{1,10}$/.test(id)) return Number(id);
  throw new AppError('INVALID_REQUEST', 'last-event-id: expected the seq of an event', {
    details: { field: 'last-event-id' },
  });
}
