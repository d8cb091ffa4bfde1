import type { Db } from 'mongodb';
import { isDuplicateKey } from './duplicate-key.ts';

/** A key and the sessions that hold its slots; there is none where nobody does. */
export interface SlotDocument {
  _id: string;
  holders: string[];
}

/** The slots of concurrency keys: who may be under way. */
export interface SlotStore {
  /** The sessions that hold a slot of the key. */
  holders(key: string): Promise<string[]>;
  /** Gives slots to these, unless by now more than `seen` are held; says whether it did. */
  take(key: string, ids: readonly string[], seen: number): Promise<boolean>;
  /** Gives a slot to one, unless `max` others hold theirs; true too where it holds one already. */
  hold(key: string, id: string, max: number): Promise<boolean>;
  /** Frees the slots of these; harmless where they hold none. */
  free(key: string, ids: readonly string[]): Promise<void>;
  /** Every key of which slots are held. */
  all(): AsyncGenerator<SlotDocument>;
}

/** The slots of a database, in a collection: each change is one atomic update of one document. */
export function createSlotStore(db: Db, name = 'concurrency'): SlotStore {
  const collection = db.collection<SlotDocument>(name);
  return {
    async holders(key) {
      return (await collection.findOne({ _id: key }))?.holders ?? [];
    },
    async take(key, ids, seen) {
      try {
        await collection.updateOne(
          { _id: key, [`holders.${seen}`]: { $exists: false } },
          { $addToSet: { holders: { $each: [...ids] } } },
          { upsert: true },
        );
        return true;
      } catch (error) {
        // The document is there and holds more: the upsert's insert meets its id.
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    async hold(key, id, max) {
      if (max <= 0) return false;
      const isFree = { [`holders.${max - 1}`]: { $exists: false } };
      try {
        await collection.updateOne(
          { _id: key, $or: [{ holders: id }, isFree] },
          { $addToSet: { holders: id } },
          { upsert: true },
        );
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    async free(key, ids) {
      await collection.updateOne({ _id: key }, { $pull: { holders: { $in: [...ids] } } });
      await collection.deleteOne({ _id: key, holders: { $size: 0 } });
    },
    async *all() {
      yield* collection.find().batchSize(100);
    },
  };
}
