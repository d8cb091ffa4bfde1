import { createHash } from 'node:crypto';
import { Binary, type Db } from 'mongodb';
import { AppError } from '../model/errors/app-error.ts';
import type { Session } from '../model/session/session.ts';
import type { PackRef } from '../model/session/workspace.ts';
import { cutPieces } from './cut-pieces.ts';
import { isDuplicateKey } from './duplicate-key.ts';
import type { PackChunkDocument } from './mongo.ts';

/** The maximum number of bytes of a pack in one chunk. */
export const PACK_CHUNK_MAX_BYTES = 1024 * 1024;

/** The files of workspaces, stored in packs so that any host can restore them. */
export interface CaptureStore {
  /**
   * Stores a pack of a session. The pieces may have any size. A restore uses the pack only once the
   * session's capture names it. If a pack is stored again, the chunks that exist already stay.
   *
   * @param packId The SHA-256 of the pack's bytes, in hex. The caller guarantees that it is right.
   */
  put(
    session: Pick<PackChunkDocument, 'session_id' | 'root_session_id'>,
    packId: string,
    pieces: AsyncIterable<Buffer>,
  ): Promise<void>;
  /**
   * Yields a pack's bytes in order. Throws WORKSPACE_CORRUPT if bytes are missing, or at the end if
   * their hash is not the pack's id.
   */
  read(pack: PackRef): AsyncGenerator<Buffer>;
  /** Removes these packs of a session. Ids of packs that it does not have are ignored. */
  removePacks(sessionId: Session['id'], packIds: readonly string[]): Promise<void>;
}

/** Creates the capture store of a database. */
export function createCaptureStore(db: Db): CaptureStore {
  const collection = db.collection<PackChunkDocument>('captures');

  async function insert(chunk: Omit<PackChunkDocument, 'bytes' | 'data'>, data: Buffer) {
    try {
      await collection.insertOne({ ...chunk, bytes: data.length, data: new Binary(data) });
    } catch (error) {
      // The pack's id is the hash of its bytes, so the stored chunk has the same bytes.
      if (!isDuplicateKey(error)) throw error;
    }
  }

  return {
    async put({ session_id, root_session_id }, packId, pieces) {
      let n = 0;
      for await (const data of cutPieces(pieces, PACK_CHUNK_MAX_BYTES)) {
        await insert({ session_id, root_session_id, pack: packId, n }, data);
        n += 1;
      }
    },
    async *read(pack) {
      const { session_id, id, bytes } = pack;
      const hash = createHash('sha256');
      let next = 0;
      let left = bytes;
      const chunks = collection.find({ session_id, pack: id }).sort({ n: 1 });
      for await (const chunk of chunks) {
        if (chunk.n !== next) break;
        const data = Buffer.from(chunk.data.value());
        hash.update(data);
        next += 1;
        left -= data.length;
        if (left < 0) throw corrupt(pack, `it has more than ${bytes} bytes`);
        yield data;
      }
      if (left > 0) throw corrupt(pack, `${left} of ${bytes} bytes are missing`);
      if (hash.digest('hex') !== id) throw corrupt(pack, 'its hash differs from its id');
    },
    async removePacks(sessionId, packIds) {
      await collection.deleteMany({ session_id: sessionId, pack: { $in: [...packIds] } });
    },
  };
}

function corrupt({ session_id, id }: PackRef, why: string): AppError {
  return new AppError('WORKSPACE_CORRUPT', `pack ${id} of session ${session_id}: ${why}`);
}
