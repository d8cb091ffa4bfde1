// Helpers that store a transcript as an attempt does and read it back as a worker does.
import { createHash } from 'node:crypto';
import type { Session, TranscriptFile, TranscriptStore } from '@baton/core/internal';

/** Returns the hash in the format of a manifest. */
export const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

/** A stored transcript: the session with its manifest, and the one file in it. */
export interface Written {
  session: Session;
  file: TranscriptFile;
}

/** Stores the bytes that `session` added to a file whose first `base` bytes its ancestors hold. */
export async function write(
  store: TranscriptStore,
  session: Session,
  whole: Buffer,
  { base = 0, path = 'main.jsonl', generation = 0, fence = 1, chunk = 1000 } = {},
): Promise<Written> {
  for (let offset = base; offset < whole.length; offset += chunk) {
    const location = { session_id: session.id, path, generation, offset, fence };
    await store.put(location, whole.subarray(offset, Math.min(offset + chunk, whole.length)));
  }
  const file = { path, base, length: whole.length, sha256: sha256(whole), generation };
  return { session: { ...session, transcript: { files: [file] } }, file };
}

/** Returns all bytes of a file. */
export async function read(
  store: TranscriptStore,
  file: TranscriptFile,
  lineage: readonly Session[],
): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of store.read(file, lineage)) parts.push(part);
  return Buffer.concat(parts);
}
