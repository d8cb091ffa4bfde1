import {
  createStoreClock,
  createStores,
  type Mongo,
  type StoreClock,
  type Stores,
} from '@baton/core/internal';
import type { Db } from 'mongodb';

/** Every store of a database, and the clock that they share. */
export interface ClockedStores extends Stores {
  clock: StoreClock;
}

/** The stores of a database, for a test that needs no queue. */
export function openStores(db: Db): ClockedStores {
  const clock = createStoreClock(db);
  return { ...createStores(db, clock), clock };
}

/** A database as `openBaton` takes it; its client stays the test's to close. */
export function asMongo(db: Db): Mongo {
  return {
    db,
    async ping() {
      await db.command({ ping: 1 });
    },
    async close() {},
  };
}
