import { expect, test } from 'vitest';
import { STALLED_INTERVAL_MAX_MS } from '../../../../apps/worker/src/queue-worker/open-queue-worker.ts';
import { workerSettingsSchema } from '../../../../apps/worker/src/settings.ts';

test('with the default lease, a killed worker’s session is due on another worker within 30 s', () => {
  const leaseMs = workerSettingsSchema.shape.LEASE_MS.parse(undefined);
  // BullMQ marks the active jobs at each check, and the next check moves those without a lock.
  expect(leaseMs + 2 * STALLED_INTERVAL_MAX_MS).toBeLessThan(30_000);
});
