// Stores an uploaded file, piece by piece.
import { createHash } from 'node:crypto';
import type { Db } from 'mongodb';
import { AppError } from '../model/errors/app-error.ts';
import { createTypeFinder } from '../model/files/media-type.ts';
import type { StoredFile } from '../model/files/stored-file.ts';
import { defined } from '../model/schema/defined.ts';
import { newId } from '../model/schema/id.ts';
import type { StoreClock } from './clock.ts';
import { cutPieces } from './cut-pieces.ts';
import { insertFileChunk } from './file-chunks.ts';
import { type FileDocument, fileCollections, toStoredFile } from './file-documents.ts';
import { UPLOAD_MAX_MS } from './file-removal.ts';
import { isMongoAway } from './unavailable.ts';

/** The number of bytes of a file in one chunk. */
export const FILE_CHUNK_BYTES = 1024 * 1024;

/** A file to store. */
export interface NewFile {
  tenant: string;
  /** See fileNameSchema, which the caller has checked. */
  name?: string | undefined;
  /** The type that the caller claims. It is only recorded. */
  mediaType?: string | undefined;
  pieces: AsyncIterable<Buffer>;
  maxBytes: number;
}

/** What the bytes of a file show. */
type Facts = Pick<StoredFile, 'bytes' | 'sha256' | 'media_type'>;

/** What uploads need. `discard` removes what a failed one has stored; `unusedMs`: see `createFileStore`. */
interface UploadDeps {
  clock: StoreClock;
  unusedMs: number;
  discard: (id: string) => Promise<void>;
}

/** Creates the writes of uploads. */
function createWrites(db: Db, { clock, unusedMs, discard }: UploadDeps) {
  const { files, chunks } = fileCollections(db);

  async function insert(
    { tenant, name, mediaType }: NewFile,
    now: Date,
    facts: Pick<FileDocument, 'length'> &
      Pick<FileDocument['metadata'], 'state' | 'sha256' | 'media_type' | 'expires_at'>,
  ): Promise<FileDocument> {
    const { length, ...metadata } = facts;
    const document: FileDocument = {
      _id: newId(),
      length,
      chunkSize: FILE_CHUNK_BYTES,
      uploadDate: now,
      filename: name ?? '',
      metadata: { tenant, ...defined({ name, claimed_type: mediaType }), ...metadata },
    };
    await files.insertOne(document);
    return document;
  }

  // The driver's upload stream stores the document of a file after its chunks, so the chunks of a process that died
  // would belong to nothing. Here the document comes first.
  async function begin(file: NewFile): Promise<string> {
    const now = await clock.now();
    const expires_at = new Date(now.getTime() + UPLOAD_MAX_MS);
    return (await insert(file, now, { length: 0, state: 'uploading', expires_at }))._id;
  }

  // Nobody knows the id before this resolves, so nobody can read the file before it has its bytes.
  async function storeSmall(file: NewFile, data: Buffer | null, facts: Facts): Promise<StoredFile> {
    const { bytes: length, sha256, media_type } = facts;
    const now = await clock.now();
    const expires_at = new Date(now.getTime() + unusedMs);
    const document = await insert(file, now, {
      ...{ length, state: 'stored', sha256, media_type, expires_at },
    });
    await discardIfFails(document._id, async () => {
      if (data) await insertFileChunk(chunks, document._id, 0, data);
    });
    return toStoredFile(document);
  }

  async function storeLarge(
    file: NewFile,
    data: AsyncIterable<Buffer>,
    factsOf: () => Promise<Facts>,
  ): Promise<StoredFile> {
    const id = await begin(file);
    return discardIfFails(id, async () => {
      let n = 0;
      for await (const chunk of data) {
        await insertFileChunk(chunks, id, n, chunk);
        n += 1;
      }
      return finish(id, await factsOf());
    });
  }

  // A write that got no answer may still arrive, so then the maintenance removes what is left.
  async function discardIfFails<T>(id: string, store: () => Promise<T>): Promise<T> {
    try {
      return await store();
    } catch (error) {
      if (!isMongoAway(error)) await discard(id).catch(() => {});
      throw error;
    }
  }

  async function finish(id: string, facts: Facts) {
    const { bytes, sha256, media_type } = facts;
    const stored = await files.findOneAndUpdate(
      { _id: id, 'metadata.state': 'uploading' },
      {
        $set: {
          length: bytes,
          'metadata.state': 'stored' as const,
          'metadata.sha256': sha256,
          'metadata.media_type': media_type,
          'metadata.expires_at': new Date((await clock.now()).getTime() + unusedMs),
        },
      },
      { returnDocument: 'after' },
    );
    if (!stored) throw tooSlow();
    return toStoredFile(stored);
  }

  return { storeSmall, storeLarge };
}

/** Creates the function that stores a file (`FileStore.put`). */
export function createPut(db: Db, deps: UploadDeps): (file: NewFile) => Promise<StoredFile> {
  const { storeSmall, storeLarge } = createWrites(db, deps);
  return async (file) => {
    const deadline = performance.now() + UPLOAD_MAX_MS;
    const hash = createHash('sha256');
    const type = createTypeFinder();
    let bytes = 0;
    async function* counted() {
      for await (const piece of file.pieces) {
        bytes += piece.length;
        if (bytes > file.maxBytes) throw tooLarge(file.maxBytes);
        if (performance.now() > deadline) throw tooSlow();
        hash.update(piece);
        type.add(piece);
        yield piece;
      }
    }
    async function factsOf(): Promise<Facts> {
      return { bytes, sha256: hash.digest('hex'), media_type: await type.find() };
    }
    const data = cutPieces(counted(), FILE_CHUNK_BYTES);
    try {
      const first = await data.next();
      const second = first.done ? first : await data.next();
      if (second.done) return await storeSmall(file, first.value ?? null, await factsOf());
      return await storeLarge(file, prepend([first.value, second.value], data), factsOf);
    } finally {
      await data.return(undefined);
    }
  };
}

async function* prepend(
  first: readonly (Buffer | undefined)[],
  rest: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  for (const one of first) if (one) yield one;
  yield* rest;
}

/** Returns the error of an upload that exceeds the limit, in bytes. */
export function tooLarge(maxBytes: number): AppError {
  return new AppError(
    'PAYLOAD_TOO_LARGE',
    `the file is larger than the limit of ${maxBytes} bytes`,
  );
}

function tooSlow(): AppError {
  return new AppError('UNAVAILABLE', 'the upload took too long; try again');
}
