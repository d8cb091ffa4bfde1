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
import type { ChunkDocument } from './mongo.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** The most bytes of a file that one chunk holds, before compression. */
export const CHUNK_MAX_BYTES = 1024 * 1024;

// A file that grew line by line is thousands of small chunks: each is packed and unpacked on the spot, a
// trip to the thread pool takes longer. Setting gzip up for one costs more than all the rest of its way.
const SMALL_MAX_BYTES = 64 * 1024;

// Chunks are handed on in pieces worth a write.
const PIECE_BYTES = 256 * 1024;

/** Where bytes of one of Claude's files belong. */
export interface ChunkPosition {
  session_id: string;
  path: string;
  generation: number;
  offset: number;
  fence: number;
}

/** Claude's own files, so that any host can continue a conversation. */
export interface TranscriptStore {
  /**
   * Stores bytes at a place; they count once the manifest says so. Ours already there counts as done, a
   * dead attempt's is replaced. Throws FENCE_LOST where a newer fence wrote.
   */
  put(position: ChunkPosition, data: Buffer): Promise<void>;
  /**
   * Yields a file's bytes in order. `lineage` is the session and its ancestors, nearest first. Ends
   * with TRANSCRIPT_CORRUPT where bytes are missing or the hash is not the manifest's.
   */
  read(file: TranscriptFile, lineage: readonly Session[]): AsyncGenerator<Buffer>;
}

/** The transcripts of a database. */
export function createTranscriptStore(db: Db): TranscriptStore {
  const collection = db.collection<ChunkDocument>('transcripts');
  const insert = createGroupInsert(collection);
  const readTo = createFileReader(collection);

  return {
    async put({ fence, ...position }, data) {
      const document = await pack({ fence, ...position }, data);
      try {
        await insert(document, document.data.length());
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const replaced = await collection.replaceOne(
          { ...position, fence: { $lte: fence } },
          document,
        );
        if (replaced.matchedCount === 0) {
          const message = `${position.path}@${position.offset} has a newer fence`;
          throw new AppError('FENCE_LOST', message, { cause: error });
        }
      }
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
        throw corrupt(lineage[0]?.id ?? '', file.path, 'the hash is not the one that was saved');
      }
    },
  };
}

/** Reads the first `end` bytes of a file of the first session; `lineage` is it and its ancestors, nearest first. */
type FileReader = (
  file: TranscriptFile,
  lineage: readonly Session[],
  end: number,
) => AsyncGenerator<Buffer>;

function createFileReader(collection: Collection<ChunkDocument>): FileReader {
  // The session's own bytes from `file.base` to `end`; chunks that do not join on are a dead attempt's.
  async function* readOwn(
    session: Session,
    file: TranscriptFile,
    end: number,
  ): AsyncGenerator<Buffer> {
    const { path, generation } = file;
    let next = file.base;
    const chunks = collection
      .find({ session_id: session.id, path, generation, offset: { $gte: file.base, $lt: end } })
      .sort({ offset: 1 });
    for await (const chunk of chunks) {
      if (chunk.offset !== next) continue;
      const data = await unpack(session.id, chunk);
      next += data.length;
      yield next > end ? data.subarray(0, data.length - (next - end)) : data;
    }
    if (next < end) throw corrupt(session.id, path, `${end - next} bytes are missing at ${next}`);
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
        throw corrupt(session.id, file.path, `the parent does not hold ${inherited} bytes`);
      }
      yield* readTo(parentFile, ancestors, inherited);
    }
    if (end > file.base) yield* readOwn(session, file, end);
  }

  return readTo;
}

async function pack(position: ChunkPosition, data: Buffer): Promise<ChunkDocument> {
  const isSmall = data.length <= SMALL_MAX_BYTES;
  return {
    ...position,
    bytes: data.length,
    encoding: isSmall ? 'snappy' : 'gzip',
    data: new Binary(isSmall ? compressSync(data) : await compress(data)),
  };
}

async function unpack(sessionId: string, chunk: ChunkDocument): Promise<Buffer> {
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
