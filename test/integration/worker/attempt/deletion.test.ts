// A session runs on a worker before it is deleted, so it leaves data in both stores and on the host.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { test } from '../../../support/fleet.ts';

test('a deleted conversation leaves nothing in the stores, and no directory on a worker', async ({
  fleet,
}) => {
  const worker = await fleet.worker();
  const id = await fleet.play([{ say: 'hello' }]);
  expect(await fleet.ended(id)).toMatchObject({ status: 'completed' });
  const own = join(fleet.env['WORK_ROOT'] ?? '', id);
  await access(own);
  await worker.stop();

  const { deletion, queue } = fleet.baton;
  expect(await deletion.deleteConversation(id)).toBe('gone');
  expect(await queue.find(id)).toBeNull();

  for (const collection of ['sessions', 'events', 'transcripts', 'captures']) {
    expect(await fleet.db.collection(collection).countDocuments(), collection).toBe(0);
  }
  await fleet.worker();
  await vi.waitFor(() => expect(access(own)).rejects.toThrow(), { timeout: 10_000 });
});
