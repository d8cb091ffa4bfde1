import { createHash } from 'node:crypto';
import type { Db } from 'mongodb';
import { AppError } from '../model/errors/app-error.ts';
import type { FileUse, FileUser, StoredFile } from '../model/files/stored-file.ts';
import { defined } from '../model/schema/defined.ts';
import type { StoreClock } from './clock.ts';
import { readFileChunks } from './file-chunks.ts';
import { type FileCollections, fileCollections, toStoredFile } from './file-documents.ts';
import { createFilePins } from './file-pins.ts';
import { createFileRemoval } from './file-removal.ts';
import { createPut, type NewFile } from './file-upload.ts';

/** How long an unused file is kept, in milliseconds, unless the operator says otherwise. */
const DEFAULT_UNUSED_MS = 24 * 3_600_000;

/** Uploaded files, in the GridFS bucket `files`. */
export interface FileStore {
  /**
   * Stores a file under a new id. The same bytes stored twice are two files. Throws PAYLOAD_TOO_LARGE as soon as the
   * pieces exceed `maxBytes`, UNAVAILABLE if they take over an hour, and what `pieces` throws. Then nothing is stored.
   */
  put(file: NewFile): Promise<StoredFile>;
  /** Returns a file, or null if it does not exist or is not of the given tenant. */
  get(id: string, tenant?: string): Promise<StoredFile | null>;
  /**
   * Yields the bytes of a file in order. Throws FILE_NOT_FOUND, and INTERNAL if bytes are missing or have changed.
   *
   * @param file The file's id, or what `get` returned for it.
   */
  read(file: string | StoredFile): AsyncGenerator<Buffer>;
  /**
   * Keeps files for what uses them, until `release`. Safe to repeat. Throws FILE_NOT_FOUND, which names
   * the field, if a file does not exist or is not of the user's tenant; then no use of this call counts for long.
   */
  pin(uses: readonly FileUse[], user: FileUser): Promise<void>;
  /**
   * Releases what one session or schedule uses. A file that nothing uses expires again. With `before`, uses that began
   * at that time or later stay.
   */
  release(userId: string, before?: Date): Promise<void>;
  /** Removes a file. Throws FILE_NOT_FOUND, or FILE_IN_USE if a session or a schedule uses it. */
  remove(id: string, tenant?: string): Promise<void>;
  /** Returns how many bytes of a tenant's files nothing uses. Calls at the same time may share one read. */
  unusedBytes(tenant: string): Promise<number>;
  /**
   * Removes files that expired, what broken-off uploads left, and uses by sessions that were never stored. Returns how
   * many files it removed. Stops early if `signal` aborts.
   */
  runMaintenance(signal: AbortSignal): Promise<number>;
}

/** Creates the file store of a database. `unusedMs` is how long it keeps a file that nothing uses. */
export function createFileStore(
  db: Db,
  clock: StoreClock,
  { unusedMs = DEFAULT_UNUSED_MS }: { unusedMs?: number | undefined } = {},
): FileStore {
  const { files, chunks } = fileCollections(db);
  const pins = createFilePins(db, clock, unusedMs);
  const removal = createFileRemoval(db, clock);

  async function get(id: string, tenant?: string): Promise<StoredFile | null> {
    const document = await files.findOne({
      _id: id,
      'metadata.state': 'stored',
      ...defined({ 'metadata.tenant': tenant }),
    });
    return document && toStoredFile(document);
  }

  const sums = new Map<string, Promise<number>>();
  function unusedBytes(tenant: string): Promise<number> {
    const running = sums.get(tenant);
    if (running) return running;
    const sum = sumUnused(files, tenant).finally(() => sums.delete(tenant));
    sums.set(tenant, sum);
    return sum;
  }

  return {
    put: createPut(db, { clock, unusedMs, discard: removal.discard }),
    get,
    async *read(of) {
      const file = typeof of === 'string' ? await get(of) : of;
      if (!file) throw new AppError('FILE_NOT_FOUND', `no file ${of}`);
      const hash = createHash('sha256');
      for await (const piece of readFileChunks(chunks, file.id)) {
        hash.update(piece);
        yield piece;
      }
      if (hash.digest('hex') !== file.sha256)
        throw new AppError('INTERNAL', `the bytes of file ${file.id} have changed`);
    },
    pin: pins.pin,
    release: pins.release,
    async remove(id, tenant) {
      if (await removal.remove(id, tenant)) return;
      if (!(await get(id, tenant))) throw new AppError('FILE_NOT_FOUND', `no file ${id}`);
      throw new AppError('FILE_IN_USE', `a session or a schedule uses file ${id}`);
    },
    unusedBytes,
    async runMaintenance(signal) {
      await pins.check(signal);
      return removal.expire(signal);
    },
  };
}

async function sumUnused(files: FileCollections['files'], tenant: string): Promise<number> {
  const [sum] = await files
    .aggregate<{ bytes: number }>([
      { $match: { 'metadata.tenant': tenant, 'metadata.expires_at': { $exists: true } } },
      { $group: { _id: null, bytes: { $sum: '$length' } } },
    ])
    .toArray();
  return sum?.bytes ?? 0;
}
