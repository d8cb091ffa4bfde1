import type { Db } from 'mongodb';
import type { StoreClock } from './clock.ts';
import { isDuplicateKey } from './duplicate-key.ts';

interface LeaderLeaseDocument {
  _id: string;
  owner: string;
  expires_at: Date;
}

/** A lease that one process at a time holds: its holder does the work that only one process may do. */
export interface LeaderLease {
  /** Acquires or renews the lease for `ms`, in milliseconds; false while another process holds it. */
  acquire(ms: number): Promise<boolean>;
  /** Releases the lease, so that another process need not wait for its end. */
  release(): Promise<void>;
}

/** The lease of this name for this owner, on MongoDB's clock. It is stored in the collection `duties`. */
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
