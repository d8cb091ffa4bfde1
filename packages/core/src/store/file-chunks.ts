import { Binary, type Collection, ObjectId } from 'mongodb';
import type { FileChunkDocument } from './file-documents.ts';

/** How many chunks one command reads. A reader holds at most two of these batches. */
const BATCH_CHUNKS = 4;

/** Stores one chunk of a file, in the form that GridFS reads. */
export async function insertFileChunk(
  chunks: Collection<FileChunkDocument>,
  id: string,
  n: number,
  data: Buffer,
): Promise<void> {
  await chunks.insertOne({ _id: new ObjectId(), files_id: id, n, data: new Binary(data) });
}

/** Yields the bytes of a file's chunks in order. While the caller handles one chunk, the next one is on its way. */
export async function* readFileChunks(
  chunks: Collection<FileChunkDocument>,
  id: string,
): AsyncGenerator<Buffer> {
  const cursor = chunks
    .find({ files_id: id }, { batchSize: BATCH_CHUNKS, projection: { _id: 0, data: 1 } })
    .sort({ n: 1 });
  try {
    let next = cursor.next();
    for (let chunk = await next; chunk !== null; chunk = await next) {
      next = cursor.next();
      // A caller that stops reading never waits for the next chunk.
      next.catch(() => {});
      yield Buffer.from(
        chunk.data.buffer.buffer,
        chunk.data.buffer.byteOffset,
        chunk.data.length(),
      );
    }
  } finally {
    await cursor.close().catch(() => {});
  }
}
