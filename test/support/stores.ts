import {
  createStoreClock,
  createStores,
  type Mongo,
  type StoreClock,
  type Stores,
} from '@baton/core/internal';
import type { Db } from 'mongodb';

/** All stores of a database, and the clock that they share. */
export interface ClockedStores extends Stores {
  clock: StoreClock;
}

/** Opens the stores of a database, for a test that needs no queue. */
export function openStores(db: Db): ClockedStores {
  const clock = createStoreClock(db);
  return { ...createStores(db, clock), clock };
}

/** Wraps a database for `openBaton`. Its `close` does nothing, because the test closes the client. */
export function asMongo(db: Db): Mongo {
  return {
    db,
    async ping() {
      await db.command({ ping: 1 });
    },
    async close() {},
  };
}
