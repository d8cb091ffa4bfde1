import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { type CaptureStore, newId, PACK_CHUNK_MAX_BYTES } from '@baton/core/internal';
import type { Binary, Db } from 'mongodb';
import { describe, expect } from 'vitest';
import { test } from '../stores.ts';

const CORRUPT = { code: 'WORKSPACE_CORRUPT' };

const partsOf = (db: Db) =>
  db.collection<{ session_id: string; n: number; bytes: number; data: Binary }>('captures');

function cutInto(size: number, data: Buffer): Buffer[] {
  const count = Math.ceil(data.length / size);
  return Array.from({ length: count }, (_, i) => data.subarray(i * size, (i + 1) * size));
}

async function put(
  captures: CaptureStore,
  data: Buffer,
  { session_id = newId(), pieceBytes = 65_536 } = {},
) {
  const id = createHash('sha256').update(data).digest('hex');
  const pieces = Readable.from(cutInto(pieceBytes, data));
  await captures.put({ session_id, root_session_id: session_id }, id, pieces);
  return { session_id, id, bytes: data.length };
}

async function read(captures: CaptureStore, pack: Parameters<CaptureStore['read']>[0]) {
  const pieces: Buffer[] = [];
  for await (const piece of captures.read(pack)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('a pack', () => {
  test.for<[string, number, number, number]>([
    ['an empty pack', 0, 1024, 0],
    ['a pack of one byte', 1, 1024, 1],
    ['a pack of exactly one part', PACK_CHUNK_MAX_BYTES, 65_536, 1],
    ['a pack of small pieces', 2 * PACK_CHUNK_MAX_BYTES + 1, 7_001, 3],
    ['a pack of one large piece', 3 * PACK_CHUNK_MAX_BYTES - 1, 3 * PACK_CHUNK_MAX_BYTES, 3],
  ])(
    'is stored in full parts and read back byte for byte: %s',
    async ([, bytes, pieceBytes, parts], { stores: { captures }, db }) => {
      const data = randomBytes(bytes);
      const pack = await put(captures, data, { pieceBytes });
      expect((await read(captures, pack)).equals(data)).toBe(true);
      const stored = await partsOf(db)
        .find({ session_id: pack.session_id })
        .sort({ n: 1 })
        .toArray();
      expect(stored.map(({ n }) => n)).toEqual(Array.from({ length: parts }, (_, n) => n));
      for (const part of stored.slice(0, -1)) expect(part.bytes).toBe(PACK_CHUNK_MAX_BYTES);
    },
  );

  test('may be stored again, also if only its first part had been stored', async ({
    stores: { captures },
    db,
  }) => {
    const data = randomBytes(2 * PACK_CHUNK_MAX_BYTES + 100);
    const pack = await put(captures, data);
    await partsOf(db).deleteMany({ session_id: pack.session_id, n: { $gt: 0 } });
    const { session_id } = pack;
    await put(captures, data, { session_id, pieceBytes: 1_000_003 });
    await put(captures, data, { session_id });
    expect((await read(captures, pack)).equals(data)).toBe(true);
    expect(await partsOf(db).countDocuments({ session_id })).toBe(3);
  });

  test('belongs to one session, even if another session has the same bytes', async ({
    stores: { captures },
  }) => {
    const data = randomBytes(1_000);
    const first = await put(captures, data);
    const second = await put(captures, data);
    await captures.removePacks(first.session_id, [first.id, 'f'.repeat(64)]);
    await expect(read(captures, first)).rejects.toMatchObject(CORRUPT);
    expect((await read(captures, second)).equals(data)).toBe(true);
  });

  test('keeps its parts while other packs of its session are removed', async ({
    stores: { captures },
  }) => {
    const first = await put(captures, randomBytes(500));
    const { session_id } = first;
    const second = await put(captures, randomBytes(500), { session_id });
    await captures.removePacks(session_id, [first.id]);
    await captures.removePacks(session_id, []);
    expect(await read(captures, second)).toHaveLength(500);
  });
});

describe('reading a damaged pack fails as WORKSPACE_CORRUPT', () => {
  test.for([0, 1, 2])('if part %i is missing', async (n, { stores: { captures }, db }) => {
    const pack = await put(captures, randomBytes(2 * PACK_CHUNK_MAX_BYTES + 5));
    await partsOf(db).deleteOne({ session_id: pack.session_id, n });
    await expect(read(captures, pack)).rejects.toMatchObject(CORRUPT);
  });

  test('if a byte of it differs', async ({ stores: { captures }, db }) => {
    const data = randomBytes(1_000);
    const pack = await put(captures, data);
    const [part] = await partsOf(db).find({ session_id: pack.session_id }).toArray();
    const changed = part?.data;
    changed?.write(Buffer.from([(data[10] ?? 0) ^ 1]), 10);
    if (changed)
      await partsOf(db).updateOne({ session_id: pack.session_id }, { $set: { data: changed } });
    await expect(read(captures, pack)).rejects.toMatchObject(CORRUPT);
  });

  test.for([-1, 1])('if its size is off by %i', async (by, { stores: { captures } }) => {
    const pack = await put(captures, randomBytes(1_000));
    const reading = read(captures, { ...pack, bytes: pack.bytes + by });
    await expect(reading).rejects.toMatchObject(CORRUPT);
  });
});
