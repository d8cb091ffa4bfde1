import type { Db } from 'mongodb';
import { isDuplicateKey } from './duplicate-key.ts';

/**
 * A key and the sessions that hold its slots. The document does not exist if no session holds a
 * slot.
 */
export interface SlotDocument {
  _id: string;
  holders: string[];
}

/** The slots of concurrency keys, or of limits. A session that holds a slot may run. */
export interface SlotStore {
  /** Returns the ids of the sessions that hold a slot of the key. */
  holders(key: string): Promise<string[]>;
  /**
   * Gives each of these sessions a slot, unless more than `heldAtMost` slots are held now. Returns
   * false if it gave no slots.
   */
  reserveAll(key: string, ids: readonly string[], heldAtMost: number): Promise<boolean>;
  /**
   * Gives a session a slot, unless `max` other sessions hold a slot. Returns whether the session
   * now has a slot.
   */
  reserve(key: string, id: string, max: number): Promise<boolean>;
  /** Frees the slots of these sessions. Ignores sessions that hold no slot. */
  free(key: string, ids: readonly string[]): Promise<void>;
  /** Yields every key that has a held slot, with its holders. */
  all(): AsyncGenerator<SlotDocument>;
}

/**
 * Creates the slots in a collection of a database. Each change is one atomic update of one
 * document.
 */
export function createSlotStore(db: Db, name = 'concurrency'): SlotStore {
  const collection = db.collection<SlotDocument>(name);
  return {
    async holders(key) {
      return (await collection.findOne({ _id: key }))?.holders ?? [];
    },
    async reserveAll(key, ids, heldAtMost) {
      try {
        await collection.updateOne(
          { _id: key, [`holders.${heldAtMost}`]: { $exists: false } },
          { $addToSet: { holders: { $each: [...ids] } } },
          { upsert: true },
        );
        return true;
      } catch (error) {
        // More than `heldAtMost` slots are held, so the filter did not match and the upsert tried
        // to insert a second document.
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    async reserve(key, id, max) {
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
