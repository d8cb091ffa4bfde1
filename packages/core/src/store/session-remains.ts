import type { Db } from 'mongodb';
import { eventId } from './event-store.ts';
import type { ChunkDocument, EventDocument } from './mongo.ts';

// By ids, as events are read: ranges over ids are slow on the small servers of development.
const WINDOW = 1_000;

/** What a session leaves beside its document. */
export interface SessionRemains {
  /** Removes the session's events up to `lastSeq` and what joins on above, and its transcript. */
  remove(sessionId: string, lastSeq: number, signal?: AbortSignal): Promise<void>;
}

/** The remains in a database. */
export function createSessionRemains(db: Db): SessionRemains {
  const events = db.collection<EventDocument>('events');
  const chunks = db.collection<ChunkDocument>('transcripts');
  return {
    async remove(sessionId, lastSeq, signal) {
      await chunks.deleteMany({ session_id: sessionId });
      for (let from = 1; ; from += WINDOW) {
        signal?.throwIfAborted();
        const ids = Array.from({ length: WINDOW }, (_, index) => eventId(sessionId, from + index));
        const { deletedCount } = await events.deleteMany({ _id: { $in: ids } });
        if (from + WINDOW > lastSeq && deletedCount === 0) return;
      }
    },
  };
}
