import { type AnyBulkWriteOperation, type Db, MongoBulkWriteError } from 'mongodb';
import { AppError } from '../model/errors/app-error.ts';
import type { Event } from '../model/session/event.ts';
import type { EventDocument } from './mongo.ts';

// Ids are zero-padded so that they sort like numbers. Ten digits are enough for 10^10 events of a
// session.
const SEQ_DIGITS = 10;

// A dead attempt leaves at most one batch of events that it did not commit. So a window must be
// larger than any batch.
const CLEAR_WINDOW = 1_000;

/**
 * Returns the `_id` of an event. Events need only the index on `_id`. This index orders the events,
 * makes each event unique, and serves reads with `$in`. Reads never use ranges over ids, which are
 * slow on the small MongoDB servers that development uses (docs/dev-services.md).
 */
export function eventId(sessionId: string, seq: number): string {
  return `${sessionId}:${String(seq).padStart(SEQ_DIGITS, '0')}`;
}

/** The range of a page of events, and the bounds of its size. */
export interface EventRange {
  sessionId: string;
  after: number;
  upTo: number;
  limit: number;
  maxBytes?: number;
}

/**
 * A page for a caller ends after this many bytes of lines. The page may be larger by its last few
 * events.
 */
export const PAGE_MAX_BYTES = 8 * 1024 * 1024;

// A line may have up to 1 MiB. So the first read of a page asks for few events, because their sizes
// are not known yet.
const FIRST_WINDOW = 32;

/** The events of all sessions. Events above a session's `last_event_seq` are not committed yet. */
export interface EventStore {
  /**
   * Inserts events. No reader sees them until a guarded update of the session commits them. An
   * event that this attempt has already stored counts as done, and an event of an older fence is
   * replaced. Throws FENCE_LOST if a newer fence wrote one of the events.
   */
  insert(events: readonly Event[]): Promise<void>;
  /**
   * Returns the events with `after < seq <= upTo`, in order, at most `limit`. With `maxBytes` the
   * page also ends soon after that many bytes of lines, but not before its first event. The next
   * page begins after the last event of this page.
   */
  page(range: EventRange): Promise<Event[]>;
  /**
   * Removes the events above `lastSeq` that attempts older than `fence` inserted and never
   * committed.
   */
  clearAbove(sessionId: string, lastSeq: number, fence: number): Promise<void>;
}

/** Creates the event store of a database. */
export function createEventStore(db: Db): EventStore {
  const collection = db.collection<EventDocument>('events');

  async function replaceOlder(events: readonly EventDocument[]): Promise<void> {
    const stored = await collection
      .find({ _id: { $in: events.map((event) => event._id) } })
      .project<{ _id: string; fence: number }>({ fence: 1 })
      .toArray();
    const fences = new Map(stored.map(({ _id, fence }) => [_id, fence]));
    const writes: AnyBulkWriteOperation<EventDocument>[] = [];
    for (const event of events) {
      const fence = fences.get(event._id);
      if (fence === event.fence) continue;
      if (fence !== undefined && fence > event.fence) {
        throw new AppError(
          'FENCE_LOST',
          `a newer attempt wrote event ${event._id}: fence ${fence}`,
        );
      }
      if (fence !== undefined) writes.push({ deleteOne: { filter: { _id: event._id, fence } } });
      writes.push({ insertOne: { document: event } });
    }
    if (writes.length > 0) await collection.bulkWrite(writes, { ordered: true });
  }

  async function readRange(sessionId: string, from: number, to: number): Promise<Event[]> {
    const ids = Array.from({ length: to - from + 1 }, (_, i) => eventId(sessionId, from + i));
    const documents = await collection.find({ _id: { $in: ids } }).toArray();
    return documents.sort((a, b) => a.seq - b.seq).map(({ _id, ...event }) => event);
  }

  return {
    async insert(events) {
      if (events.length === 0) return;
      const documents = events.map((event) => ({
        _id: eventId(event.session_id, event.seq),
        ...event,
      }));
      try {
        await collection.insertMany(documents, { ordered: false });
      } catch (error) {
        if (!isOnlyDuplicates(error)) throw error;
        await replaceOlder(documents);
      }
    },
    async page({ sessionId, after, upTo, limit, maxBytes = Number.POSITIVE_INFINITY }) {
      const last = Math.min(upTo, after + limit);
      const page: Event[] = [];
      let bytes = 0;
      let window = maxBytes < Number.POSITIVE_INFINITY ? FIRST_WINDOW : limit;
      for (let from = after + 1; from <= last && bytes < maxBytes; ) {
        const to = Math.min(from + window - 1, last);
        const read = await readRange(sessionId, from, to);
        bytes += read.reduce((sum, event) => sum + event.raw.length, 0);
        page.push(...read);
        from = to + 1;
        // The next window is the number of events that fit into the remaining bytes, at the average
        // size so far.
        window = Math.max(
          1,
          Math.floor((maxBytes - bytes) / (bytes / Math.max(1, page.length) + 1)),
        );
      }
      return page;
    },
    async clearAbove(sessionId, lastSeq, fence) {
      for (let from = lastSeq + 1; ; from += CLEAR_WINDOW) {
        const ids = Array.from({ length: CLEAR_WINDOW }, (_, i) => eventId(sessionId, from + i));
        // Keeps the events of this fence and of newer fences. If a newer attempt has replaced this
        // attempt, the events of the newer attempt may already be committed.
        const { deletedCount } = await collection.deleteMany({
          _id: { $in: ids },
          fence: { $lt: fence },
        });
        if (deletedCount === 0) return;
      }
    },
  };
}

function isOnlyDuplicates(error: unknown): boolean {
  if (!(error instanceof MongoBulkWriteError)) return false;
  const errors = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  return errors.length > 0 && errors.every((one) => one.code === 11000);
}
