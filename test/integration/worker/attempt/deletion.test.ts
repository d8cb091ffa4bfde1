// A session that ran for real, and nothing of it left: neither in the stores nor on the host.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createSessionQueue,
  createSessionServices,
  createStoreClock,
  createStores,
} from '@baton/core/internal';
import { expect, vi } from 'vitest';
import { test } from '../../../support/fleet.ts';
import { redisUrl } from '../../../support/services.ts';

test('a deleted conversation leaves nothing in the stores, and no directory on a worker', async ({
  fleet,
}) => {
  const worker = await fleet.worker();
  const id = await fleet.play([{ say: 'hello' }]);
  expect(await fleet.ended(id)).toMatchObject({ status: 'completed' });
  const own = join(fleet.env['WORK_ROOT'] ?? '', id);
  await access(own);
  await worker.stop();

  const clock = createStoreClock(fleet.db);
  const prefix = fleet.env['QUEUE_PREFIX'] ?? '';
  const queue = createSessionQueue({ connection: redisUrl(), prefix });
  const { deletion } = createSessionServices({
    stores: createStores(fleet.db, clock),
    clock,
    queue,
  });
  expect(await deletion.deleteConversation(id)).toBe('gone');
  expect(await queue.find(id)).toBeNull();
  await queue.close();

  for (const collection of ['sessions', 'events', 'transcripts']) {
    expect(await fleet.db.collection(collection).countDocuments(), collection).toBe(0);
  }
  await fleet.worker();
  await vi.waitFor(() => expect(access(own)).rejects.toThrow(), { timeout: 10_000 });
});
