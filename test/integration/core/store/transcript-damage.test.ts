import { randomBytes } from 'node:crypto';
import { newId } from '@baton/core/internal';
import { Binary } from 'mongodb';
import { describe, expect } from 'vitest';
import { makeChild, makeSession } from '../../../support/factories.ts';
import { test } from '../stores.ts';
import { read, sha256, write } from './transcript-scene.ts';

describe('reading a damaged transcript fails as TRANSCRIPT_CORRUPT', () => {
  const corrupt = { code: 'TRANSCRIPT_CORRUPT' };

  test.for([0, 1_000, 2_000])('if the chunk at %i is missing', async (offset, { stores, db }) => {
    const { transcripts } = stores;
    const { session, file } = await write(transcripts, makeSession(), randomBytes(2_500));
    await db.collection('transcripts').deleteOne({ session_id: session.id, offset });
    await expect(read(transcripts, file, [session])).rejects.toMatchObject(corrupt);
  });

  test.for([
    ['small', 1_000],
    ['large', 100_000],
  ] as const)(
    'if a byte of a %s chunk changed',
    async ([, size], { stores: { transcripts }, db }) => {
      const written = await write(transcripts, makeSession(), randomBytes(2.5 * size), {
        chunk: size,
      });
      const { session, file } = written;
      const where = { session_id: session.id, offset: size };
      const chunk = await db.collection<{ data: Binary }>('transcripts').findOne(where);
      const bytes = Buffer.from(chunk?.data.buffer ?? []);
      for (const at of [0, 40, bytes.length - 1]) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ 0xff;
        const data = new Binary(changed);
        await db.collection('transcripts').updateOne(where, { $set: { data } });
        await expect(read(transcripts, file, [session])).rejects.toMatchObject(corrupt);
      }
    },
  );

  test('if a chunk was overwritten with other bytes', async ({ stores: { transcripts } }) => {
    const { session, file } = await write(transcripts, makeSession(), randomBytes(2_500));
    const location = { session_id: session.id, path: file.path, generation: 0, fence: 1 };
    await transcripts.put({ ...location, offset: 1_000 }, randomBytes(1_000));
    await expect(read(transcripts, file, [session])).rejects.toMatchObject(corrupt);
  });

  test('if an ancestor is missing, or has fewer bytes than the child started with', async ({
    stores: { transcripts },
  }) => {
    const parent = await write(transcripts, makeSession(), randomBytes(1_000));
    const whole = randomBytes(2_000);
    const { session, file } = await write(transcripts, makeChild(parent.session), whole, {
      base: 1_000,
    });
    const shorter = {
      ...parent.session,
      transcript: { files: [{ ...parent.file, length: 999 }] },
    };
    for (const lineage of [[session], [session, shorter], [session, makeSession()], []]) {
      await expect(read(transcripts, file, lineage)).rejects.toMatchObject(corrupt);
    }
  });

  test('if no chunk was ever stored', async ({ stores: { transcripts } }) => {
    const file = {
      path: 'x',
      base: 0,
      length: 5,
      sha256: sha256(Buffer.from('hello')),
      generation: 0,
    };
    await expect(read(transcripts, file, [makeSession({ id: newId() })])).rejects.toMatchObject(
      corrupt,
    );
  });
});
