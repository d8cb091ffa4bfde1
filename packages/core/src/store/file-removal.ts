import type { Db } from 'mongodb';
import { defined } from '../model/schema/defined.ts';
import type { StoreClock } from './clock.ts';
import { fileCollections } from './file-documents.ts';

/**
 * How long an upload may take, in milliseconds. After that it counts as broken off, and its leftovers are removed after
 * the same time once more, so that its last chunk is stored before they are.
 */
export const UPLOAD_MAX_MS = 3_600_000;

/** How many files one command reads. */
const PAGE = 100;

/** The removal of uploaded files. Each step is safe to repeat, and may run in several processes at once. */
export interface FileRemoval {
  /** Removes a file of the tenant that nothing uses. Returns whether there was one. */
  remove(id: string, tenant?: string): Promise<boolean>;
  /** Removes what an upload of this process stored, which has failed. */
  discard(id: string): Promise<void>;
  /** Removes the files that have expired. Returns how many. */
  expire(signal: AbortSignal): Promise<number>;
}

/** Creates the removal of a database's files. */
export function createFileRemoval(db: Db, clock: StoreClock): FileRemoval {
  const { files, chunks } = fileCollections(db);

  // The document goes last: as long as it is there, the maintenance finds what is left.
  async function removeBytes(id: string): Promise<void> {
    await chunks.deleteMany({ files_id: id });
    await files.deleteOne({ _id: id, 'metadata.state': 'removing' });
  }

  async function claim(id: string, filter: object, expires_at: Date): Promise<boolean> {
    const { matchedCount } = await files.updateOne(
      { _id: id, ...filter },
      { $set: { 'metadata.state': 'removing' as const, 'metadata.expires_at': expires_at } },
    );
    return matchedCount > 0;
  }

  async function removeExpired(id: string, state: string, now: Date): Promise<boolean> {
    const same = { 'metadata.state': state, 'metadata.expires_at': { $lt: now } };
    if (state === 'uploading') {
      await claim(id, same, new Date(now.getTime() + UPLOAD_MAX_MS));
      return false;
    }
    if (!(await claim(id, same, now))) return false;
    await removeBytes(id);
    return true;
  }

  return {
    async remove(id, tenant) {
      const unused = {
        'metadata.state': 'stored',
        'metadata.expires_at': { $exists: true },
        ...defined({ 'metadata.tenant': tenant }),
      };
      if (!(await claim(id, unused, await clock.now()))) return false;
      await removeBytes(id);
      return true;
    },
    async discard(id) {
      await claim(id, { 'metadata.state': 'uploading' }, await clock.now());
      await removeBytes(id);
    },
    async expire(signal) {
      let removed = 0;
      while (!signal.aborted) {
        const now = await clock.now();
        const page = await files
          .find({ 'metadata.expires_at': { $lt: now } })
          .sort({ 'metadata.expires_at': 1 })
          .limit(PAGE)
          .toArray();
        for (const { _id, metadata } of page)
          if (await removeExpired(_id, metadata.state, now)) removed += 1;
        if (page.length < PAGE) break;
      }
      return removed;
    },
  };
}
