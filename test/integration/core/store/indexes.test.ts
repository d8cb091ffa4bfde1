import { ensureIndexes } from '@baton/core/internal';
import { expect } from 'vitest';
import { test } from '../../../support/services.ts';

const BY_TIME = { created_at: -1, _id: -1 };

test('the stored sessions have indexes by status, parent, conversation, tag and time', async ({
  db,
}) => {
  await ensureIndexes(db);
  await ensureIndexes(db);
  const keys = (await db.collection('sessions').indexes()).map(({ key }) => key);
  for (const field of ['status', 'parent_session_id', 'root_session_id', 'tags']) {
    expect(keys).toContainEqual({ [field]: 1, ...BY_TIME });
  }
  expect(keys).toContainEqual(BY_TIME);
});

test('the parts of packs have a unique index, and workers expire after an hour', async ({ db }) => {
  await ensureIndexes(db);
  expect(await db.collection('captures').indexes()).toContainEqual(
    expect.objectContaining({ key: { session_id: 1, pack: 1, n: 1 }, unique: true }),
  );
  expect(await db.collection('workers').indexes()).toContainEqual(
    expect.objectContaining({ key: { seen_at: 1 }, expireAfterSeconds: 3600 }),
  );
});
