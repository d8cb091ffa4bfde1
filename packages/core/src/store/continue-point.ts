import { type ContinuePoint, parseContinuePoint } from '../model/session/continue-point.ts';
import type { Session } from '../model/session/session.ts';
import type { EventStore } from './event-store.ts';

/** Returns the place after the event `seq` of a parent. Throws like `parseContinuePoint`. */
export async function readContinuePoint(
  events: Pick<EventStore, 'page'>,
  parent: Session,
  seq: number,
): Promise<ContinuePoint> {
  const upTo = Math.min(seq, parent.last_event_seq);
  const [event] = await events.page({ sessionId: parent.id, after: seq - 1, upTo, limit: 1 });
  return parseContinuePoint(parent, seq, event);
}
