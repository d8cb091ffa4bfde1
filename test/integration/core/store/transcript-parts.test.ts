import { randomBytes } from 'node:crypto';
import {
  PART_CHUNK_BYTES,
  type Session,
  type TranscriptFile,
  type TranscriptStore,
} from '@baton/core/internal';
import { Binary, type Db } from 'mongodb';
import { describe, expect } from 'vitest';
import { makeChild, makeSession } from '../../../support/factories.ts';
import { test } from '../stores.ts';
import { read, sha256 } from './transcript-scene.ts';

/** A piece of a file: bytes of the file itself, or a part. */
type Piece = string | { part: Buffer };

const partsOf = (db: Db) =>
  db.collection<{ root_session_id: string; n: number; bytes: number; data: Binary }>(
    'transcript_parts',
  );

const base64 = (bytes: number) => Buffer.from(randomBytes(bytes).toString('base64'));

/** Stores pieces after the first `base` bytes, which an ancestor holds. */
async function store(
  transcripts: TranscriptStore,
  session: Session,
  pieces: readonly Piece[],
  {
    before = Buffer.alloc(0),
    path = 'main.jsonl',
    fence = 1,
  }: { before?: Buffer; path?: string; fence?: number } = {},
): Promise<{ session: Session; file: TranscriptFile; whole: Buffer }> {
  let whole = before;
  for (const piece of pieces) {
    const position = { session_id: session.id, path, generation: 0, offset: whole.length, fence };
    const data = typeof piece === 'string' ? Buffer.from(piece) : piece.part;
    if (typeof piece === 'string') await transcripts.put(position, data);
    else await transcripts.putPart(position, session.root_session_id, data);
    whole = Buffer.concat([whole, data]);
  }
  const file = {
    path,
    base: before.length,
    length: whole.length,
    sha256: sha256(whole),
    generation: 0,
  };
  return { session: { ...session, transcript: { files: [file] } }, file, whole };
}

describe('a transcript that refers to parts', () => {
  test.for<[string, Buffer]>([
    ['base64', base64(3 * PART_CHUNK_BYTES)],
    ['base64 with padding', base64(100_001)],
    ['base64 of exactly one chunk', base64((PART_CHUNK_BYTES / 4) * 3)],
    ['base64 that ends after one byte of four', base64(90_000).subarray(0, 100_001)],
    ['bits that no encoder writes', Buffer.from('B'.repeat(100_001).concat('='))],
    ['text without an alphabet', Buffer.from('"%é😀\n'.repeat(300_000))],
    ['bytes of any kind', randomBytes(PART_CHUNK_BYTES + 1)],
  ])('is read back byte for byte: %s', async ([, part], { stores: { transcripts } }) => {
    const written = await store(transcripts, makeSession(), ['{"a":"', { part }, '"}\n']);
    const back = await read(transcripts, written.file, [written.session]);
    expect(back.equals(written.whole)).toBe(true);
  });

  test('has 20 MiB that were written twice once, as the bytes that the base64 stands for', async ({
    stores: { transcripts },
    db,
  }) => {
    const part = base64(20 * 1024 * 1024);
    const root = makeSession();
    const pieces: Piece[] = ['{"a":"', { part }, '"}\n{"b":"', { part }, '"}\n'];
    const written = await store(transcripts, root, pieces);
    const beside = await store(transcripts, root, ['"', { part }, '"'], { path: 'agent.jsonl' });
    for (const { file, session, whole } of [written, beside]) {
      expect((await read(transcripts, file, [session])).equals(whole)).toBe(true);
    }
    const stored = await partsOf(db).find({ root_session_id: root.id }).toArray();
    expect(stored.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(part.length);
    const size = stored.reduce((sum, { data }) => sum + data.length(), 0);
    expect(size).toBeLessThan(20.1 * 1024 * 1024);
  });

  test('shares a part with the sessions of its conversation, and with no other conversation', async ({
    stores: { transcripts },
    db,
  }) => {
    const part = base64(100_000);
    const root = await store(transcripts, makeSession(), ['"', { part }, '"\n']);
    const child = await store(transcripts, makeChild(root.session), [{ part }, '\n'], {
      before: root.whole,
    });
    const other = await store(transcripts, makeSession(), [{ part }]);
    const lineage = [child.session, root.session];
    expect((await read(transcripts, child.file, lineage)).equals(child.whole)).toBe(true);
    const count = (id: string) => partsOf(db).countDocuments({ root_session_id: id });
    expect(await Promise.all([root, child, other].map(({ session }) => count(session.id)))).toEqual(
      [1, 0, 1],
    );
  });

  test.for([1, 100, PART_CHUNK_BYTES, PART_CHUNK_BYTES + 7, 2 * PART_CHUNK_BYTES])(
    'can be continued from within a part, after %i of its bytes',
    async (bytes, { stores: { transcripts } }) => {
      const part = base64(2 * PART_CHUNK_BYTES);
      const parent = await store(transcripts, makeSession(), ['"', { part }, '"\n']);
      const before = parent.whole.subarray(0, 1 + bytes);
      const child = await store(transcripts, makeChild(parent.session), ['rest'], { before });
      const back = await read(transcripts, child.file, [child.session, parent.session]);
      expect(back.equals(child.whole)).toBe(true);
    },
  );

  test('is what the later attempt wrote, if a part and other bytes overlap', async ({
    stores: { transcripts },
  }) => {
    const session = makeSession();
    const part = base64(100_000);
    const dead = await store(transcripts, session, ['"', { part }, '"\n']);
    const short = await store(transcripts, session, ['abc'], {
      before: dead.whole.subarray(0, 5_000),
      fence: 2,
    });
    const cut = { ...short.file, base: 0 };
    expect((await read(transcripts, cut, [session])).equals(short.whole)).toBe(true);
    const again = await store(transcripts, session, [{ part: part.subarray(0, 70_000) }], {
      before: dead.whole.subarray(0, 1),
      fence: 3,
    });
    const back = await read(transcripts, { ...again.file, base: 0 }, [session]);
    expect(back.equals(again.whole)).toBe(true);
    const late = store(transcripts, session, ['"', { part }], { fence: 2 });
    await expect(late).rejects.toMatchObject({ code: 'FENCE_LOST' });
  });

  test('gets the chunks of a part that a dead attempt did not store', async ({
    stores: { transcripts },
    db,
  }) => {
    const session = makeSession();
    const part = base64(3 * PART_CHUNK_BYTES);
    await store(transcripts, session, [{ part }]);
    await partsOf(db).deleteMany({ root_session_id: session.id, n: { $in: [1, 3] } });
    const both = [1, 2].map(() => store(transcripts, session, [{ part }]));
    const [again] = await Promise.all(both);
    if (!again) throw new Error('expected a file');
    expect((await read(transcripts, again.file, [session])).equals(part)).toBe(true);
    expect(await partsOf(db).countDocuments({ root_session_id: session.id })).toBe(4);
  });
});

describe('reading a transcript fails as TRANSCRIPT_CORRUPT', () => {
  const DAMAGES: [string, (db: Db, where: { root_session_id: string; n: number }) => unknown][] = [
    ['is missing', (db, where) => partsOf(db).deleteOne(where)],
    [
      'does not decompress',
      (db, where) => partsOf(db).updateOne(where, { $set: { data: new Binary(randomBytes(50)) } }),
    ],
    [
      'has the bytes of another chunk',
      async (db, where) => {
        const other = await partsOf(db).findOne({ ...where, n: (where.n + 1) % 2 });
        await partsOf(db).updateOne(where, { $set: { data: other?.data ?? new Binary() } });
      },
    ],
  ];

  for (const [damage, apply] of DAMAGES) {
    test.for([0, 1, 2])(`if chunk %i of a part ${damage}`, async (n, { stores, db }) => {
      const part = base64(2 * PART_CHUNK_BYTES);
      const pieces: Piece[] = ['"', { part }, '"\n'];
      const { session, file } = await store(stores.transcripts, makeSession(), pieces);
      await apply(db, { root_session_id: session.id, n });
      await expect(read(stores.transcripts, file, [session])).rejects.toMatchObject({
        code: 'TRANSCRIPT_CORRUPT',
      });
    });
  }
});

test('the deletion of a conversation removes its parts, and no other', async ({ stores, db }) => {
  const [root, other] = [makeSession(), makeSession()];
  for (const session of [root, makeChild(root), other]) {
    await store(stores.transcripts, session, [{ part: base64(100_000) }]);
  }
  const before = new Date(Date.now() + 60_000);
  const remove = (sessionId: string) =>
    stores.leftovers.remove({ sessionId, removedTo: 0, lastSeq: 0, before }, async () => true);
  const count = ({ id }: Session) => partsOf(db).countDocuments({ root_session_id: id });
  await remove(makeChild(root).id);
  expect(await count(root)).toBe(2);
  await remove(root.id);
  expect([await count(root), await count(other)]).toEqual([0, 1]);
});
