import type { Db } from 'mongodb';
import type { StoreClock } from './clock.ts';
import { isDuplicateKey } from './duplicate-key.ts';

interface LeaderLeaseDocument {
  _id: string;
  owner: string;
  expires_at: Date;
}

/**
 * A lease that one process at a time holds. The holder does the work that only one process may do.
 */
export interface LeaderLease {
  /**
   * Acquires or renews the lease for `ms` milliseconds. Returns false while another process holds
   * it.
   */
  acquire(ms: number): Promise<boolean>;
  /** Releases the lease, so that another process need not wait until it expires. */
  release(): Promise<void>;
}

/**
 * Creates the lease with this name for this owner. MongoDB's clock times the lease, and the
 * collection `duties` stores the lease.
 */
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
        // Another process holds the lease. The filter did not match its document, so the upsert
        // tried to insert a second document.
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    async release() {
      await collection.deleteOne({ _id: name, owner });
    },
  };
}
