import { type Db, ObjectId } from 'mongodb';
import { eventId } from './event-store.ts';
import type { ChunkDocument, EventDocument } from './mongo.ts';

// By ids, as events are read: ranges over ids are slow on the small servers of development.
const WINDOW = 1_000;

/** Which remains are to go: `before` spares what was written later, by a later session of the same id. */
export interface LeftoversToRemove {
  sessionId: string;
  /** The events up to here are gone already. */
  removedTo: number;
  lastSeq: number;
  before: Date;
}

/** What a session leaves beside its document. */
export interface SessionLeftovers {
  /**
   * Removes the session's events up to `lastSeq` and what joins on above, and its transcript. Before each
   * step it asks `goOn`, telling up to which event all is gone; false where that said no.
   */
  remove(of: LeftoversToRemove, mayContinue: (removedTo: number) => Promise<boolean>): Promise<boolean>;
}

/** The remains in a database. */
export function createSessionLeftovers(db: Db): SessionLeftovers {
  const events = db.collection<EventDocument>('events');
  const chunks = db.collection<ChunkDocument>('transcripts');
  return {
    async remove({ sessionId, removedTo, lastSeq, before }, mayContinue) {
      if (!(await mayContinue(removedTo))) return false;
      // A chunk's id begins with the time of its making.
      const end = ObjectId.createFromTime(Math.floor(before.getTime() / 1000));
      await chunks.deleteMany({ session_id: sessionId, _id: { $lt: end } });
      for (let from = removedTo + 1; ; from += WINDOW) {
        const ids = Array.from({ length: WINDOW }, (_, index) => eventId(sessionId, from + index));
        const { deletedCount } = await events.deleteMany({
          _id: { $in: ids },
          created_at: { $lt: before },
        });
        if (from + WINDOW > lastSeq && deletedCount === 0) return true;
        if (!(await mayContinue(from + WINDOW - 1))) return false;
      }
    },
  };
}
