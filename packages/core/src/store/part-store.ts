// Long runs of base64 in transcripts. The CLI writes each picture and document several times, so a
// conversation stores such a run once, and its transcripts refer to it by its hash.
import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { Binary, type Db } from 'mongodb';
import { AppError } from '../model/errors/app-error.ts';
import { isDuplicateKey } from './duplicate-key.ts';
import type { PartChunkDocument } from './mongo.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/**
 * The number of bytes of a part in one chunk, before compression. Only the last chunk is shorter.
 * This number never changes: a part that is stored again is not stored beside its earlier chunks.
 * It is a multiple of four, so that each chunk of base64 can be decoded alone.
 */
export const PART_CHUNK_BYTES = 1024 * 1024;

/** A part of a conversation. */
interface PartRef {
  root_session_id: string;
  /** The SHA-256 of the part's bytes, in hex. */
  sha256: string;
  bytes: number;
}

/** The parts of transcripts, each stored once in a conversation. */
export interface PartStore {
  /**
   * Stores a part of a conversation, unless the conversation has it. Chunks that a dead attempt
   * stored stay. Resolves to the SHA-256 of the part, in hex, once all of it is stored.
   */
  put(rootSessionId: string, data: Buffer): Promise<string>;
  /**
   * Yields the first `end` bytes of a part in order. Throws TRANSCRIPT_CORRUPT if a chunk is
   * missing, is damaged or has another length. The caller compares the hash of the whole file.
   */
  read(part: PartRef, end: number): AsyncGenerator<Buffer>;
}

/** Creates the part store of a database. */
export function createPartStore(db: Db): PartStore {
  const collection = db.collection<PartChunkDocument>('transcript_parts');

  // The index answers this query, so MongoDB reads no chunk.
  async function storedNumbers(part: { root_session_id: string; sha256: string }) {
    const found = await collection.find(part, { projection: { _id: 0, n: 1 } }).toArray();
    return new Set(found.map(({ n }) => n));
  }

  async function insert(chunk: PartChunkDocument): Promise<void> {
    try {
      await collection.insertOne(chunk);
    } catch (error) {
      // The chunk is named by the hash of the part, so the stored chunk has the same bytes.
      if (!isDuplicateKey(error)) throw error;
    }
  }

  return {
    async put(root_session_id, data) {
      const sha256 = await hashOf(data);
      const stored = await storedNumbers({ root_session_id, sha256 });
      for (let n = 0; n * PART_CHUNK_BYTES < data.length; n += 1) {
        if (stored.has(n)) continue;
        const chunk = data.subarray(n * PART_CHUNK_BYTES, (n + 1) * PART_CHUNK_BYTES);
        await insert({ root_session_id, sha256, n, bytes: chunk.length, ...(await pack(chunk)) });
      }
      return sha256;
    },
    async *read(part, end) {
      const { root_session_id, sha256 } = part;
      const count = Math.ceil(end / PART_CHUNK_BYTES);
      const chunks = collection.find({ root_session_id, sha256, n: { $lt: count } }).sort({ n: 1 });
      let next = 0;
      for await (const chunk of chunks) {
        const offset = next * PART_CHUNK_BYTES;
        const data = await unpack(part, chunk);
        const expected = Math.min(PART_CHUNK_BYTES, part.bytes - offset);
        if (chunk.n !== next || data.length !== expected) break;
        next += 1;
        yield data.subarray(0, end - offset);
      }
      if (next < count) throw corrupt(part, `chunk ${next} is missing or has another length`);
    },
  };
}

// A part may have tens of megabytes, so the event loop gets a turn after each megabyte.
async function hashOf(data: Buffer): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < data.length; at += PART_CHUNK_BYTES) {
    hash.update(data.subarray(at, at + PART_CHUNK_BYTES));
    await breathe();
  }
  return hash.digest('hex');
}

/** Decodes base64 if encoding it again gives the same bytes, because gzip does less with base64. */
async function pack(chunk: Buffer): Promise<Pick<PartChunkDocument, 'encoding' | 'data'>> {
  const text = chunk.toString('latin1');
  const decoded = Buffer.from(text, 'base64');
  const isBase64 = decoded.toString('base64') === text;
  return {
    encoding: isBase64 ? 'base64+gzip' : 'gzip',
    data: new Binary(await compress(isBase64 ? decoded : chunk)),
  };
}

async function unpack(part: PartRef, { n, encoding, data }: PartChunkDocument): Promise<Buffer> {
  try {
    const unpacked = await decompress(data.value());
    return encoding === 'gzip' ? unpacked : Buffer.from(unpacked.toString('base64'), 'latin1');
  } catch (cause) {
    throw corrupt(part, `chunk ${n} is damaged`, cause);
  }
}

function corrupt({ root_session_id, sha256 }: PartRef, why: string, cause?: unknown): AppError {
  const message = `part ${sha256} of the transcripts of conversation ${root_session_id}: ${why}`;
  return new AppError('TRANSCRIPT_CORRUPT', message, { cause });
}
