import { createLeaderLease, createStoreClock } from '@baton/core/internal';
import type { Db } from 'mongodb';
import { MAINTENANCE_LEASE } from '../../apps/worker/src/process/upkeep.ts';

const OWNER = 'a test';
const HELD_MS = 3_600_000;

/**
 * Takes the maintenance lease of this database, so none of its workers runs the reconciler or another
 * maintenance task. Call it before the first worker starts.
 */
export async function holdMaintenance(db: Db): Promise<void> {
  const lease = createLeaderLease(db, createStoreClock(db), MAINTENANCE_LEASE, OWNER);
  if (await lease.acquire(HELD_MS)) return;
  throw new Error('expected that no worker has the maintenance lease yet');
}
