import type { Collection, Filter, WithId } from 'mongodb';
import { badCursor, decodeCursor, encodeCursor } from './cursor.ts';

/** The fields that pages are sorted by. */
interface Dated {
  _id: string;
  created_at: Date;
}

/** The first and the last time that a Date can hold. */
const FIRST_TIME = new Date(-8_640_000_000_000_000);
const LAST_TIME = new Date(8_640_000_000_000_000);

/** How a list is sorted, and where the next page begins if no document of this page has a time. */
const NEWEST_FIRST = { sign: -1, op: '$lt', atOrPast: '$lte', start: LAST_TIME } as const;
const OLDEST_FIRST = { sign: 1, op: '$gt', atOrPast: '$gte', start: FIRST_TIME } as const;

type Order = typeof NEWEST_FIRST | typeof OLDEST_FIRST;

/**
 * The size of a page, and the cursor at which it begins. Without a cursor, it is the first page.
 */
interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

/** A page of documents. `next_cursor` leads to the next page, if there is one. */
interface DocumentPage<D extends Dated> {
  documents: WithId<D>[];
  next_cursor?: string;
}

/**
 * Returns a page of the documents that match, newest first. A document whose `created_at` is not a
 * time has no place in the order by time, so only the first page may hold such a document. Throws
 * INVALID_REQUEST if the cursor is not from this list.
 */
export function findNewestFirst<D extends Dated>(
  collection: Collection<D>,
  filter: Filter<D>,
  page: PageRequest,
): Promise<DocumentPage<D>> {
  return findPage(collection, filter, page, NEWEST_FIRST);
}

/**
 * Returns a page of the documents that match, oldest first. Otherwise works as `findNewestFirst`.
 */
export function findOldestFirst<D extends Dated>(
  collection: Collection<D>,
  filter: Filter<D>,
  page: PageRequest,
): Promise<DocumentPage<D>> {
  return findPage(collection, filter, page, OLDEST_FIRST);
}

async function findPage<D extends Dated>(
  collection: Collection<D>,
  filter: Filter<D>,
  { limit, cursor }: PageRequest,
  order: Order,
): Promise<DocumentPage<D>> {
  const found = await collection
    .find({
      ...filter,
      ...(cursor === undefined ? {} : after(cursor, collection.collectionName, order)),
    } as Filter<D>)
    .sort({ created_at: order.sign, _id: order.sign })
    .limit(limit + 1)
    .toArray();
  const documents = found.slice(0, limit);
  if (found.length <= limit) return { documents };
  const { created_at, _id } = documents.findLast((one) => isDated(one)) ?? {
    created_at: order.start,
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

function after(cursor: string, list: string, { op, atOrPast }: Order): Filter<Dated> {
  const [createdAt, id] = decodeCursor(cursor, list);
  const created = new Date(createdAt);
  if (Number.isNaN(created.getTime()) || created.toISOString() !== createdAt) throw badCursor();
  return {
    created_at: { [atOrPast]: created },
    $or: [{ created_at: { [op]: created } }, { created_at: created, _id: { [op]: id } }],
  };
}
