import type { Collection, Filter, WithId } from 'mongodb';
import { badCursor, decodeCursor, encodeCursor } from './cursor.ts';

/** What pages are sorted by. */
interface Dated {
  _id: string;
  created_at: Date;
}

/**
 * A page of the documents that match, the newest first; `next_cursor` leads to the next one where there is
 * more. Throws INVALID_REQUEST on a cursor that is not ours.
 */
export async function newestFirst<D extends Dated>(
  collection: Collection<D>,
  filter: Filter<D>,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ documents: WithId<D>[]; next_cursor?: string }> {
  const found = await collection
    .find({ ...filter, ...(cursor === undefined ? {} : after(cursor)) } as Filter<D>)
    .sort({ created_at: -1, _id: -1 })
    .limit(limit + 1)
    .toArray();
  const documents = found.slice(0, limit);
  const last = documents.at(-1);
  return found.length > limit && last
    ? { documents, next_cursor: encodeCursor([last.created_at.toISOString(), last._id]) }
    : { documents };
}

function after(cursor: string): Filter<Dated> {
  const [createdAt, id] = decodeCursor(cursor);
  const created = new Date(createdAt);
  if (Number.isNaN(created.getTime()) || created.toISOString() !== createdAt) throw badCursor();
  return {
    created_at: { $lte: created },
    $or: [{ created_at: { $lt: created } }, { created_at: created, _id: { $lt: id } }],
  };
}
