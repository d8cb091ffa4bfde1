import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  createFileStore,
  createStoreClock,
  FILE_CHUNK_BYTES,
  type FileStore,
  type FileUser,
  newId,
} from '@baton/core/internal';
import { type Db, GridFSBucket, type ObjectId } from 'mongodb';
import { describe, expect } from 'vitest';
import { test } from '../stores.ts';

const NOT_FOUND = { code: 'FILE_NOT_FOUND' };
const IN_USE = { code: 'FILE_IN_USE' };
const MAX = 8 * 1024 * 1024;
const noSignal = new AbortController().signal;

function put(files: FileStore, data: Buffer | string, more = {}) {
  const pieces = Readable.from([Buffer.from(data)]);
  return files.put({ tenant: 'acme', pieces, maxBytes: MAX, ...more });
}

async function read(files: FileStore, id: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of files.read(id)) pieces.push(piece);
  return Buffer.concat(pieces);
}

function newUser(more: Partial<FileUser> = {}): FileUser {
  return { session_id: newId(), tenant: 'acme', ...more };
}

const use = (id: string) => [{ id, field: 'files.0.file_id' }];

/** The store of a database in which every unused file has already expired. */
const expiring = (db: Db) => createFileStore(db, createStoreClock(db), { unusedMs: -60_000 });

const chunksOf = (db: Db, id: string) =>
  db.collection('files.chunks').countDocuments({ files_id: id as unknown as ObjectId });

/** Moves the times of a file and of all pins into the past. */
async function age(db: Db, id: string): Promise<void> {
  const past = new Date(Date.now() - 1_000);
  await db
    .collection<{ _id: string }>('files.files')
    .updateOne({ _id: id }, { $set: { 'metadata.expires_at': past } });
}

describe('a file', () => {
  test.for<[string, number]>([
    ['no byte', 0],
    ['one byte', 1],
    ['exactly one chunk', FILE_CHUNK_BYTES],
    ['three chunks', 2 * FILE_CHUNK_BYTES + 1],
  ])('is stored and read back byte for byte: %s', async ([, bytes], { stores: { files } }) => {
    const data = randomBytes(bytes);
    const file = await put(files, data, { name: 'a.bin' });
    expect(file).toMatchObject({
      tenant: 'acme',
      name: 'a.bin',
      bytes,
      sha256: createHash('sha256').update(data).digest('hex'),
    });
    expect(file.expires_at?.getTime()).toBeGreaterThanOrEqual(
      file.created_at.getTime() + 86_400_000,
    );
    expect((await read(files, file.id)).equals(data)).toBe(true);
    expect(await files.get(file.id, 'acme')).toEqual(file);
  });

  test('can be read by any GridFS client', async ({ stores: { files }, db }) => {
    const data = randomBytes(FILE_CHUNK_BYTES + 5);
    const { id } = await put(files, data);
    const bucket = new GridFSBucket(db, { bucketName: 'files' });
    const pieces = await bucket.openDownloadStream(id as unknown as ObjectId).toArray();
    expect(Buffer.concat(pieces).equals(data)).toBe(true);
  });

  test('of another tenant does not exist', async ({ stores: { files } }) => {
    const { id } = await put(files, 'x');
    expect(await files.get(id, 'other')).toBeNull();
    await expect(files.remove(id, 'other')).rejects.toMatchObject(NOT_FOUND);
    await expect(files.pin(use(id), newUser({ tenant: 'other' }))).rejects.toMatchObject({
      ...NOT_FOUND,
      details: { field: 'files.0.file_id' },
    });
    expect(await files.get(id, 'acme')).not.toBeNull();
  });

  test('whose bytes were changed in MongoDB is not read to its end', async ({
    stores: { files },
    db,
  }) => {
    const { id } = await put(files, 'good');
    await db
      .collection('files.chunks')
      .updateOne({ files_id: id as unknown as ObjectId }, { $set: { data: Buffer.from('evil') } });
    await expect(read(files, id)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  test('stored twice is two files', async ({ stores: { files } }) => {
    const [one, two] = [await put(files, 'same'), await put(files, 'same')];
    expect(one.id).not.toBe(two.id);
    await files.remove(one.id);
    expect((await read(files, two.id)).toString()).toBe('same');
  });

  test('counts as unused bytes of its tenant until it is used', async ({ stores: { files } }) => {
    const tenant = newId();
    const { id } = await put(files, '12345', { tenant });
    expect(await files.unusedBytes(tenant)).toBe(5);
    await files.pin(use(id), newUser({ tenant }));
    expect(await files.unusedBytes(tenant)).toBe(0);
  });
});

describe('an upload', () => {
  test('that exceeds the limit fails, and leaves nothing', async ({ stores: { files }, db }) => {
    const pieces = Readable.from([randomBytes(FILE_CHUNK_BYTES), randomBytes(2)]);
    const upload = put(files, '', { pieces, maxBytes: FILE_CHUNK_BYTES + 1, tenant: 'large' });
    await expect(upload).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    await expectNothing(db, 'large');
  });

  test('that breaks off in the middle leaves nothing', async ({ stores: { files }, db }) => {
    async function* pieces() {
      yield randomBytes(FILE_CHUNK_BYTES + 1);
      throw new Error('the line broke');
    }
    const upload = put(files, '', { pieces: pieces(), tenant: 'broken' });
    await expect(upload).rejects.toThrow('the line broke');
    await expectNothing(db, 'broken');
  });

  test('whose process died is removed by the maintenance, chunks too', async ({
    stores: { files },
    db,
  }) => {
    const { id } = await put(files, randomBytes(FILE_CHUNK_BYTES + 1), { tenant: 'dead' });
    await db
      .collection<{ _id: string }>('files.files')
      .updateOne({ _id: id }, { $set: { 'metadata.state': 'uploading' } });
    await files.runMaintenance(noSignal);
    expect(await chunksOf(db, id)).toBe(2);
    await age(db, id);
    // The first look only ends the upload, because a last chunk may be on its way.
    await files.runMaintenance(noSignal);
    expect(await chunksOf(db, id)).toBe(2);
    await age(db, id);
    await files.runMaintenance(noSignal);
    await expectNothing(db, 'dead');
    expect(await chunksOf(db, id)).toBe(0);
  });

  test('that the maintenance gave up cannot be completed', async ({ stores: { files }, db }) => {
    async function* pieces() {
      yield randomBytes(FILE_CHUNK_BYTES + 1);
      yield randomBytes(FILE_CHUNK_BYTES);
      const document = await db
        .collection<{ _id: string }>('files.files')
        .findOne({ 'metadata.tenant': 'late' });
      await age(db, document?._id ?? '');
      await files.runMaintenance(noSignal);
    }
    const upload = put(files, '', { pieces: pieces(), tenant: 'late' });
    await expect(upload).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expectNothing(db, 'late');
  });
});

describe('a used file', () => {
  test('neither expires nor can be removed, until its last user releases it', async ({
    stores: { files },
    db,
  }) => {
    const { id } = await put(files, 'used');
    const [one, two] = [newUser(), newUser()];
    await files.pin(use(id), one);
    await files.pin(use(id), two);
    await files.pin(use(id), two);
    expect((await files.get(id))?.expires_at).toBeUndefined();
    await expect(files.remove(id, 'acme')).rejects.toMatchObject(IN_USE);
    await files.release(one.session_id);
    await files.release(one.session_id);
    expect((await files.get(id))?.expires_at).toBeUndefined();
    await expiring(db).release(two.session_id);
    await files.runMaintenance(noSignal);
    expect(await files.get(id)).toBeNull();
    expect(await chunksOf(db, id)).toBe(0);
  });

  test('stays in use if the use began after the time that a release names', async ({
    stores: { files },
  }) => {
    const { id } = await put(files, 'later');
    const user = newUser();
    await files.pin(use(id), user);
    await files.release(user.session_id, new Date(Date.now() - 60_000));
    expect((await files.get(id))?.expires_at).toBeUndefined();
    await files.release(user.session_id);
    expect((await files.get(id))?.expires_at).toBeInstanceOf(Date);
  });

  test('expires again if its session was never stored', async ({ stores: { files }, db }) => {
    const [lost, stored] = [await put(files, 'lost'), await put(files, 'stored')];
    const session = newUser();
    await db.collection<{ _id: string }>('sessions').insertOne({ _id: session.session_id });
    await files.pin(use(lost.id), newUser());
    await files.pin(use(stored.id), session);
    await files.runMaintenance(noSignal);
    expect((await files.get(lost.id))?.expires_at).toBeUndefined();
    await db.collection('file_pins').updateMany({}, { $set: { check_at: new Date(0) } });
    await files.runMaintenance(noSignal);
    expect((await files.get(lost.id))?.expires_at).toBeInstanceOf(Date);
    expect((await files.get(stored.id))?.expires_at).toBeUndefined();
    await db.collection<{ _id: string }>('sessions').deleteOne({ _id: session.session_id });
  });

  test('and a missing one in the same request: none is kept, and the error names the missing one', async ({
    stores: { files },
  }) => {
    const { id } = await put(files, 'there');
    const missing = { id: newId(), field: 'files.1.file_id' };
    await expect(files.pin([...use(id), missing], newUser())).rejects.toMatchObject({
      ...NOT_FOUND,
      details: { field: 'files.1.file_id' },
    });
    expect((await files.get(id))?.expires_at).toBeInstanceOf(Date);
    await files.remove(id);
  });
});

describe('races over one file', () => {
  test('a pin and a removal at once: one of them fails, and a kept file has its bytes', async ({
    stores: { files },
  }) => {
    for (let round = 0; round < 30; round += 1) {
      const { id } = await put(files, 'raced');
      const [pinned, removed] = await Promise.allSettled([
        files.pin(use(id), newUser()),
        files.remove(id),
      ]);
      expect([pinned.status, removed.status].sort()).toEqual(['fulfilled', 'rejected']);
      if (pinned.status === 'fulfilled') expect((await read(files, id)).toString()).toBe('raced');
      else expect(pinned.reason).toMatchObject(NOT_FOUND);
    }
  });

  test('a pin and the expiry at once: a file that was pinned stays', async ({
    stores: { files },
    db,
  }) => {
    for (let round = 0; round < 30; round += 1) {
      const { id } = await put(expiring(db), 'raced');
      const [pinned] = await Promise.allSettled([
        files.pin(use(id), newUser()),
        files.runMaintenance(noSignal),
      ]);
      const file = await files.get(id);
      if (pinned.status === 'fulfilled') expect((await read(files, id)).toString()).toBe('raced');
      else expect(file).toBeNull();
    }
  });

  test('a release and a pin by another session at once: the file stays in use', async ({
    stores: { files },
    db,
  }) => {
    for (let round = 0; round < 30; round += 1) {
      const { id } = await put(files, 'raced');
      const [leaving, staying] = [newUser(), newUser()];
      await files.pin(use(id), leaving);
      await Promise.all([expiring(db).release(leaving.session_id), files.pin(use(id), staying)]);
      await files.runMaintenance(noSignal);
      expect((await files.get(id))?.expires_at).toBeUndefined();
      expect((await read(files, id)).toString()).toBe('raced');
    }
  });
});

async function expectNothing(db: Db, tenant: string): Promise<void> {
  const files = await db.collection('files.files').find().toArray();
  expect(files.filter(({ metadata }) => metadata.tenant === tenant)).toEqual([]);
  const known = new Set(files.map(({ _id }) => String(_id)));
  const chunks = await db.collection('files.chunks').find().project({ files_id: 1 }).toArray();
  expect(chunks.filter(({ files_id }) => !known.has(String(files_id)))).toEqual([]);
}
