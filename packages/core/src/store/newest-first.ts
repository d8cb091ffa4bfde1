import type { Collection, Filter, WithId } from 'mongodb';
import { badCursor, decodeCursor, encodeCursor } from './cursor.ts';

/** The fields that pages are sorted by. */
interface Dated {
  _id: string;
  created_at: Date;
}

/**
 * The latest time that a Date can hold. A page that starts after this time begins with the newest
 * document whose `created_at` is a time.
 */
const LAST_TIME = new Date(8_640_000_000_000_000);

/**
 * Returns a page of the documents that match, newest first. `next_cursor` leads to the next page,
 * if there is one. A document whose `created_at` is not a time has no place in the order by time,
 * so only the first page may hold such a document. Throws INVALID_REQUEST if the cursor is not from
 * this list.
 */
export async function findNewestFirst<D extends Dated>(
  collection: Collection<D>,
  filter: Filter<D>,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ documents: WithId<D>[]; next_cursor?: string }> {
  const found = await collection
    .find({
      ...filter,
      ...(cursor === undefined ? {} : after(cursor, collection.collectionName)),
    } as Filter<D>)
    .sort({ created_at: -1, _id: -1 })
    .limit(limit + 1)
    .toArray();
  const documents = found.slice(0, limit);
  if (found.length <= limit) return { documents };
  const { created_at, _id } = documents.findLast((one) => isDated(one)) ?? {
    created_at: LAST_TIME,
    _id: '',
  };
  return {
    documents,
    next_cursor: encodeCursor([created_at.toISOString(), _id], collection.collectionName),
  };
}

function isDated({ created_at, _id }: Record<keyof Dated, unknown>): boolean {
  const isDate = created_at instanceof Date && !Number.isNaN(created_at.getTime());
  return isDate && typeof _id === 'string';
}

function after(cursor: string, list: string): Filter<Dated> {
  const [createdAt, id] = decodeCursor(cursor, list);
  const created = new Date(createdAt);
  if (Number.isNaN(created.getTime()) || created.toISOString() !== createdAt) throw badCursor();
  return {
    created_at: { $lte: created },
    $or: [{ created_at: { $lt: created } }, { created_at: created, _id: { $lt: id } }],
  };
}
