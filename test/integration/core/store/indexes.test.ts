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

test('the chunks of parts and of packs have a unique index, and workers expire after an hour', async ({
  db,
}) => {
  await ensureIndexes(db);
  expect(await db.collection('transcript_parts').indexes()).toContainEqual(
    expect.objectContaining({ key: { root_session_id: 1, sha256: 1, n: 1 }, unique: true }),
  );
  expect(await db.collection('captures').indexes()).toContainEqual(
    expect.objectContaining({ key: { session_id: 1, pack: 1, n: 1 }, unique: true }),
  );
  expect(await db.collection('workers').indexes()).toContainEqual(
    expect.objectContaining({ key: { seen_at: 1 }, expireAfterSeconds: 3600 }),
  );
});

test('a list of the sessions of a conversation key reads an index, and sorts nothing in memory', async ({
  db,
}) => {
  await ensureIndexes(db);
  const key = { conversation_key: 1, ...BY_TIME };
  expect(await db.collection('sessions').indexes()).toContainEqual(
    expect.objectContaining({
      key,
      partialFilterExpression: { conversation_key: { $exists: true } },
    }),
  );
  expect(await db.collection('conversation_keys').indexes()).toContainEqual(
    expect.objectContaining({ key: { newest: 1 } }),
  );
  const plan = await db
    .collection('sessions')
    .find({ conversation_key: 'k' })
    .sort(BY_TIME as { created_at: -1; _id: -1 })
    .limit(50)
    .explain('queryPlanner');
  const stages = JSON.stringify(plan);
  expect(stages).toContain('"keyPattern":{"conversation_key":1,"created_at":-1,"_id":-1}');
  expect(stages).not.toContain('"stage":"SORT"');
});
