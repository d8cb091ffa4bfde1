import { type Db, ObjectId } from 'mongodb';
import { eventId } from './event-store.ts';
import type {
  ChunkDocument,
  EventDocument,
  MessageDocument,
  PackChunkDocument,
  PartChunkDocument,
} from './mongo.ts';

// Events are removed by lists of ids, because ranges over ids are slow on the small MongoDB servers
// that development uses (docs/dev-services.md).
const WINDOW = 1_000;

/**
 * The leftovers to remove. Data that was written at or after `before` stays, because it belongs to
 * a later session with the same id.
 */
export interface LeftoversToRemove {
  sessionId: string;
  /** The seq up to which the events are already removed. */
  removedTo: number;
  lastSeq: number;
  before: Date;
}

/** The data of a session outside its document: its events, its transcript, its captures and its messages. */
export interface SessionLeftovers {
  /**
   * Removes the session's transcript, the parts of its conversation if it is the root, its captures, its messages, its events up to `lastSeq`, and the events that
   * directly follow these. Before each step it calls `mayContinue` with the seq of the last removed
   * event. If `mayContinue` returns false, the removal stops and returns false.
   */
  remove(
    leftovers: LeftoversToRemove,
    mayContinue: (removedTo: number) => Promise<boolean>,
  ): Promise<boolean>;
}

/** Creates the removal of leftovers from a database. */
export function createSessionLeftovers(db: Db): SessionLeftovers {
  const events = db.collection<EventDocument>('events');
  const messages = db.collection<MessageDocument>('messages');
  const chunks = db.collection<ChunkDocument>('transcripts');
  const partChunks = db.collection<PartChunkDocument>('transcript_parts');
  const packChunks = db.collection<PackChunkDocument>('captures');
  return {
    async remove({ sessionId, removedTo, lastSeq, before }, mayContinue) {
      if (!(await mayContinue(removedTo))) return false;
      // A chunk's id begins with the time of its creation.
      const end = ObjectId.createFromTime(Math.floor(before.getTime() / 1000));
      await chunks.deleteMany({ session_id: sessionId, _id: { $lt: end } });
      // Only the root has parts. It is removed last, when no transcript refers to them any more.
      await partChunks.deleteMany({ root_session_id: sessionId, _id: { $lt: end } });
      await packChunks.deleteMany({ session_id: sessionId, _id: { $lt: end } });
      await messages.deleteMany({ session_id: sessionId, created_at: { $lt: before } });
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
