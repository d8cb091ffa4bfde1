// `test` with core's stores, on a database and a queue that the test file does not share.
import {
  createSessionQueue,
  ensureIndexes,
  type OwnedSession,
  type SessionQueue,
} from '@baton/core/internal';
import { test as base, redisUrl } from '../../support/services.ts';
import { type ClockedStores, openStores } from '../../support/stores.ts';

interface TestStores extends ClockedStores {
  /** Claims a queued session and returns its owner. */
  own(id: string, leaseMs?: number, workerId?: string): Promise<OwnedSession>;
}

/** Longer than any test takes. */
export const LEASE_MS = 60_000;

/** `test` with the stores on the file's database and the queue on the file's prefix. */
export const test = base.extend<{ $file: { stores: TestStores; queue: SessionQueue } }>({
  stores: [
    async ({ db }, use) => {
      await ensureIndexes(db);
      const stores = openStores(db);
      await use({
        ...stores,
        async own(id, leaseMs = LEASE_MS, worker_id = 'worker-1') {
          const claim = await stores.claims.claim(id, { worker_id, host: 'host-1', leaseMs });
          if (claim.kind !== 'claimed') throw new Error(`expected a claim, got ${claim.kind}`);
          const { attempt, fence } = claim.attempt;
          return stores.owned.open({ id, attempt, fence, leaseMs });
        },
      });
    },
    { scope: 'file' },
  ],
  queue: [
    async ({ queuePrefix }, use) => {
      const queue = createSessionQueue({ connection: redisUrl(), prefix: queuePrefix });
      await use(queue);
      await queue.bull.obliterate({ force: true });
      await queue.close();
    },
    { scope: 'file' },
  ],
});
