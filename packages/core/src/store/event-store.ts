import { type AnyBulkWriteOperation, type Db, MongoBulkWriteError } from 'mongodb';
import { AppError } from '../model/errors/app-error.ts';
import type { Event } from '../model/session/event.ts';
import type { EventDocument } from './mongo.ts';

// Zero-padded so that ids order as numbers do; room for 10^10 events of a session.
const SEQ_DIGITS = 10;

// A dead attempt leaves at most one batch above what it committed; a window is larger than any batch.
const CLEAR_WINDOW = 1_000;

/** The `_id` of an event. One index serves order, uniqueness and reading by `$in` (dev-services). */
export function eventId(sessionId: string, seq: number): string {
  return `${sessionId}:${String(seq).padStart(SEQ_DIGITS, '0')}`;
}

/** Which events a page holds. */
export interface EventRange {
  sessionId: string;
  after: number;
  upTo: number;
  limit: number;
  maxBytes?: number;
}

/** The most bytes of lines that a page for a caller holds, but for its last few events. */
export const PAGE_MAX_BYTES = 8 * 1024 * 1024;

// Lines are cut at 1 MiB: before their size is known, few are read at a time.
const FIRST_WINDOW = 32;

/** The events of all sessions. What lies above a session's `last_event_seq` is not yet true. */
export interface EventStore {
  /**
   * Inserts events that no reader sees yet (the guarded update commits them). One of ours that is there
   * already counts as done; one of an older fence is replaced. Throws FENCE_LOST
   * where a newer fence wrote.
   */
  insert(events: readonly Event[]): Promise<void>;
  /**
   * Events with `after < seq <= upTo`, at most `limit`, in order. With `maxBytes` it also ends soon after
   * so many bytes of lines, never before the first event: the next page begins after the last one.
   */
  page(range: EventRange): Promise<Event[]>;
  /** Removes what attempts older than `fence` inserted above `lastSeq` and never committed. */
  clearAbove(sessionId: string, lastSeq: number, fence: number): Promise<void>;
}

/** The events of a database. */
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
        throw new AppError('FENCE_LOST', `event ${event._id} was written under fence ${fence}`);
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
        // As many as the rest of the bytes should hold, by what the events were like so far.
        window = Math.max(1, Math.floor((maxBytes - bytes) / (bytes / page.length + 1)));
      }
      return page;
    },
    async clearAbove(sessionId, lastSeq, fence) {
      for (let from = lastSeq + 1; ; from += CLEAR_WINDOW) {
        const ids = Array.from({ length: CLEAR_WINDOW }, (_, i) => eventId(sessionId, from + i));
        // Never those of a newer fence: who was overtaken before it came here must not undo what is true by now.
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
