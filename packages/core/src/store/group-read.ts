import DataLoader from 'dataloader';
import type { Collection, Filter, WithId } from 'mongodb';

/** The maximum number of documents that one command asks for. */
const GROUP_MAX_DOCUMENTS = 100;

/**
 * Reads documents by id for many callers with few commands. Calls of one turn of the event loop
 * share a command. Nothing is cached, so each caller gets a read that began after its call. Returns
 * a function that resolves to the document, or to null if there is none.
 */
export function createGroupRead<T extends { _id: string }>(
  collection: Collection<T>,
): (id: string) => Promise<WithId<T> | null> {
  async function read(ids: readonly string[]): Promise<(WithId<T> | null)[]> {
    const [only] = ids;
    // `findOne` is the fastest read of a single id.
    if (ids.length === 1) return [await collection.findOne({ _id: only } as Filter<T>)];
    const found = await collection.find({ _id: { $in: [...ids] } } as Filter<T>).toArray();
    const byId = new Map(found.map((document) => [document._id as string, document]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  const loader = new DataLoader(read, { cache: false, maxBatchSize: GROUP_MAX_DOCUMENTS });
  return (id) => loader.load(id);
}
