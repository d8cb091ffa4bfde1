import type { Db } from 'mongodb';
import type { Limit, LimitCaps } from '../model/limits/limit.ts';
import { limitId } from '../model/limits/limit.ts';

type LimitDocument = Limit & { _id: string };

/** The most limits that a list holds. */
const LIST_MAX = 1_000;

/** The limits that operators set. */
export interface LimitStore {
  /** Sets a limit, in the place of the one that was there. */
  put(kind: Limit['kind'], name: string, caps: LimitCaps, now: Date): Promise<Limit>;
  get(kind: Limit['kind'], name: string): Promise<Limit | null>;
  /** Takes a limit away; false where there was none. */
  remove(kind: Limit['kind'], name: string): Promise<boolean>;
  /** All limits by name, at most 1,000. */
  list(): Promise<Limit[]>;
  /** Those of these names (see limitId) that there are, by name. */
  named(ids: readonly string[]): Promise<Map<string, Limit>>;
}

/** The limits of a database. */
export function createLimitStore(db: Db): LimitStore {
  const collection = db.collection<LimitDocument>('limits');

  async function get(kind: Limit['kind'], name: string): Promise<Limit | null> {
    const document = await collection.findOne({ _id: limitId(kind, name) });
    return document && decode(document);
  }

  return {
    get,
    async put(kind, name, caps, now) {
      const created_at = (await get(kind, name))?.created_at ?? now;
      const limit: Limit = { kind, name, ...caps, created_at, updated_at: now };
      await collection.replaceOne({ _id: limitId(kind, name) }, limit, { upsert: true });
      return limit;
    },
    async remove(kind, name) {
      const { deletedCount } = await collection.deleteOne({ _id: limitId(kind, name) });
      return deletedCount > 0;
    },
    async list() {
      return (await collection.find().sort({ _id: 1 }).limit(LIST_MAX).toArray()).map(decode);
    },
    async named(ids) {
      const documents = await collection.find({ _id: { $in: [...ids] } }).toArray();
      return new Map(documents.map((document) => [document._id, decode(document)]));
    },
  };
}

function decode({ _id, ...limit }: LimitDocument): Limit {
  return limit;
}
