import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { Binary, type Collection, type Db } from 'mongodb';
import { compressSync, uncompressSync } from 'snappy';
import { AppError } from '../model/errors/app-error.ts';
import type { Session } from '../model/session/session.ts';
import type { TranscriptFile } from '../model/session/transcript.ts';
import { isDuplicateKey } from './duplicate-key.ts';
import { createGroupInsert } from './group-insert.ts';
import type { ChunkDocument, PlainChunkDocument } from './mongo.ts';
import { createPartStore, type PartStore } from './part-store.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** The maximum number of bytes of a file in one chunk, before compression. */
export const CHUNK_MAX_BYTES = 1024 * 1024;

// The size up to which a chunk is compressed with snappy instead of gzip. A file that grew line by
// line consists of thousands of small chunks. For a small chunk, the set-up of gzip costs more than
// all other steps. Snappy runs on this thread, because the thread pool would take longer.
const SMALL_MAX_BYTES = 64 * 1024;

// `read` joins chunks into pieces of at least this size, so that each piece is worth a write to
// disk.
const PIECE_BYTES = 256 * 1024;

/** The place of a chunk in one of Claude's files, and the fence of the attempt that writes it. */
export interface ChunkPosition {
  session_id: string;
  path: string;
  generation: number;
  offset: number;
  fence: number;
}

/** Claude's own files, stored so that any host can continue a conversation. */
export interface TranscriptStore {
  /**
   * Stores bytes at a position in a file. The bytes count once the manifest names them. A chunk
   * that this attempt or a dead attempt stored there is replaced. Throws FENCE_LOST if a newer
   * fence wrote there.
   */
  put(position: ChunkPosition, data: Buffer): Promise<void>;
  /**
   * Stores bytes like `put`, but once for the whole conversation: the chunk refers to them. The
   * bytes may be more than one chunk. A manifest that counts them must say `has_parts`. The bytes
   * are stored before the chunk, so a crash leaves no chunk without its bytes.
   */
  putPart(position: ChunkPosition, rootSessionId: string, data: Buffer): Promise<void>;
  /**
   * Yields a file's bytes in order. `lineage` is the session and its ancestors, nearest first.
   * Throws TRANSCRIPT_CORRUPT if bytes are missing, or if their hash differs from the hash in the
   * manifest.
   */
  read(file: TranscriptFile, lineage: readonly Session[]): AsyncGenerator<Buffer>;
}

/** Creates the transcript store of a database. */
export function createTranscriptStore(db: Db): TranscriptStore {
  const collection = db.collection<ChunkDocument>('transcripts');
  const insert = createGroupInsert(collection);
  const parts = createPartStore(db);
  const readTo = createFileReader(collection, parts);

  async function store(document: ChunkDocument, storedBytes: number): Promise<void> {
    try {
      await insert(document, storedBytes);
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const { session_id, path, generation, offset, fence } = document;
      const replaced = await collection.replaceOne(
        { session_id, path, generation, offset, fence: { $lte: fence } },
        document,
      );
      if (replaced.matchedCount === 0) {
        const message = `a newer attempt wrote ${path} at byte ${offset}`;
        throw new AppError('FENCE_LOST', message, { cause: error });
      }
    }
  }

  return {
    async put(position, data) {
      const document = await pack(position, data);
      await store(document, document.data.length());
    },
    async putPart(position, rootSessionId, data) {
      const part = await parts.put(rootSessionId, data);
      await store({ ...position, bytes: data.length, part }, 0);
    },
    async *read(file, lineage) {
      const hash = createHash('sha256');
      let piece: Buffer[] = [];
      let bytes = 0;
      for await (const data of readTo(file, lineage, file.length)) {
        hash.update(data);
        piece.push(data);
        bytes += data.length;
        if (bytes < PIECE_BYTES) continue;
        yield Buffer.concat(piece);
        piece = [];
        bytes = 0;
      }
      if (bytes > 0) yield Buffer.concat(piece);
      if (hash.digest('hex') !== file.sha256) {
        throw corrupt(lineage[0]?.id ?? '', file.path, 'its hash differs from the saved hash');
      }
    },
  };
}

/**
 * Yields the first `end` bytes of a file. `lineage` is the session and its ancestors, nearest
 * first.
 */
type FileReader = (
  file: TranscriptFile,
  lineage: readonly Session[],
  end: number,
) => AsyncGenerator<Buffer>;

function createFileReader(collection: Collection<ChunkDocument>, parts: PartStore): FileReader {
  // Yields the bytes of a chunk up to the offset `end` of the file.
  async function* upTo(
    { id, root_session_id }: Session,
    chunk: ChunkDocument,
    end: number,
  ): AsyncGenerator<Buffer> {
    const bytes = Math.min(end - chunk.offset, chunk.bytes);
    if ('part' in chunk) {
      yield* parts.read({ root_session_id, sha256: chunk.part, bytes: chunk.bytes }, bytes);
    } else {
      const data = await unpack(id, chunk);
      yield data.subarray(0, bytes);
    }
  }

  // Yields the session's own bytes, from `file.base` to `end`. A chunk counts up to where the next
  // one begins. If chunks overlap, the chunk with the higher fence counts: a later attempt cut the
  // file within an older chunk and went on from there. A chunk that begins elsewhere with the same
  // or a lower fence is skipped: a dead attempt left it.
  async function* readOwn(
    session: Session,
    file: TranscriptFile,
    end: number,
  ): AsyncGenerator<Buffer> {
    const { path, generation } = file;
    let last: ChunkDocument | null = null;
    const chunks = collection
      .find({ session_id: session.id, path, generation, offset: { $gte: file.base, $lt: end } })
      .sort({ offset: 1 });
    for await (const chunk of chunks) {
      if (!follows(chunk, last, file.base)) continue;
      if (last) yield* upTo(session, last, chunk.offset);
      last = chunk;
    }
    if (last) yield* upTo(session, last, end);
    const next = last ? last.offset + last.bytes : file.base;
    if (next < end) {
      throw corrupt(session.id, path, `${end - next} bytes are missing at byte ${next}`);
    }
  }

  async function* readTo(
    file: TranscriptFile,
    [session, ...ancestors]: readonly Session[],
    end: number,
  ): AsyncGenerator<Buffer> {
    if (!session || end === 0) return;
    const inherited = Math.min(file.base, end);
    if (inherited > 0) {
      const parentFile = ancestors[0]?.transcript.files.find((one) => one.path === file.path);
      if (!parentFile || parentFile.length < inherited) {
        throw corrupt(session.id, file.path, `the parent has fewer than ${inherited} bytes of it`);
      }
      yield* readTo(parentFile, ancestors, inherited);
    }
    if (end > file.base) yield* readOwn(session, file, end);
  }

  return readTo;
}

/** Returns whether a chunk comes after the chunk before it, or after the ancestors' bytes. */
function follows(chunk: ChunkDocument, last: ChunkDocument | null, base: number): boolean {
  const next = last ? last.offset + last.bytes : base;
  if (chunk.offset === next) return true;
  return last !== null && chunk.offset < next && chunk.fence > last.fence;
}

async function pack(position: ChunkPosition, data: Buffer): Promise<PlainChunkDocument> {
  const isSmall = data.length <= SMALL_MAX_BYTES;
  return {
    ...position,
    bytes: data.length,
    encoding: isSmall ? 'snappy' : 'gzip',
    data: new Binary(isSmall ? compressSync(data) : await compress(data)),
  };
}

async function unpack(sessionId: string, chunk: PlainChunkDocument): Promise<Buffer> {
  try {
    const packed = chunk.data.value();
    if (chunk.encoding === 'gzip') return await decompress(packed);
    return Buffer.from(uncompressSync(packed, { asBuffer: true }));
  } catch (cause) {
    throw corrupt(sessionId, chunk.path, `the chunk at ${chunk.offset} is damaged`, cause);
  }
}

function corrupt(sessionId: string, path: string, why: string, cause?: unknown): AppError {
  return new AppError('TRANSCRIPT_CORRUPT', `transcript ${path} of session ${sessionId}: ${why}`, {
    cause,
  });
}
