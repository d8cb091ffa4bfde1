// A transcript as an attempt stores it, and as a worker reads it back.
import { createHash } from 'node:crypto';
import type { Session, TranscriptFile, TranscriptStore } from '@baton/core/internal';

/** The hash as a manifest names it. */
export const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

/** What was stored: the session that names it, and its one file. */
export interface Written {
  session: Session;
  file: TranscriptFile;
}

/** Stores what `session` added to a file that its ancestors hold up to `base`. */
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

/** The bytes of a file, put together. */
export async function read(
  store: TranscriptStore,
  file: TranscriptFile,
  lineage: readonly Session[],
): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of store.read(file, lineage)) parts.push(part);
  return Buffer.concat(parts);
}
