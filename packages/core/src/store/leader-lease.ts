import type { Db } from 'mongodb';
import type { StoreClock } from './clock.ts';
import { isDuplicateKey } from './duplicate-key.ts';

interface LeaderLeaseDocument {
  _id: string;
  owner: string;
  expires_at: Date;
}

/** A duty that one process at a time has. */
export interface LeaderLease {
  /** Takes or keeps the duty for `ms` more; false while another process has it. */
  acquire(ms: number): Promise<boolean>;
  /** Gives it up, so that another process need not wait. */
  release(): Promise<void>;
}

/** The duty of this name, for this owner, judged on MongoDB's clock. */
export function createLeaderLease(
  db: Db,
  clock: StoreClock,
  name: string,
  owner: string,
): LeaderLease {
  const collection = db.collection<LeaderLeaseDocument>('duties');
  return {
    async acquire(ms) {
      const now = await clock.now();
      try {
        await collection.findOneAndUpdate(
          { _id: name, $or: [{ owner }, { expires_at: { $lte: now } }] },
          { $set: { owner, expires_at: new Date(now.getTime() + ms) } },
          { upsert: true },
        );
        return true;
      } catch (error) {
        // The document is there and neither ours nor expired: the upsert's insert meets its id.
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    async release() {
      await collection.deleteOne({ _id: name, owner });
    },
  };
}
