// Which sessions and schedules use which uploaded files.
//
// A pin is a document of its own, because many sessions may use one file. What decides between a pin and a removal is
// the document of the file alone: a file without `expires_at` is never removed, and a pin that does not find the file
// fails. A pin is inserted before the file is marked, so a release that counts pins sees every pin whose mark it sees.
import type { Db } from 'mongodb';
import { AppError } from '../model/errors/app-error.ts';
import type { FileUse, FileUser } from '../model/files/stored-file.ts';
import { defined } from '../model/schema/defined.ts';
import { newId } from '../model/schema/id.ts';
import type { StoreClock } from './clock.ts';
import { isDuplicateKey } from './duplicate-key.ts';
import { type FilePinDocument, fileCollections } from './file-documents.ts';

/** How long after a pin the maintenance checks that its user exists, in milliseconds. */
const CHECK_AFTER_MS = 3_600_000;

/** How many pins one command reads. */
const PAGE = 500;

/** The pins of uploaded files. See FileStore. */
export interface FilePins {
  pin(uses: readonly FileUse[], user: FileUser): Promise<void>;
  release(userId: string, before?: Date): Promise<void>;
  /** Releases the pins of sessions and schedules that do not exist an hour after the pin. */
  check(signal: AbortSignal): Promise<void>;
}

/** Creates the pins of a database's files. A file that loses its last pin expires after `unusedMs`. */
export function createFilePins(db: Db, clock: StoreClock, unusedMs: number): FilePins {
  const { files, pins } = fileCollections(db);

  async function refuseMissing(uses: readonly FileUse[], tenant: string | undefined) {
    const ids = [...new Set(uses.map(({ id }) => id))];
    const found = await files
      .find({
        _id: { $in: ids },
        'metadata.state': 'stored',
        ...defined({ 'metadata.tenant': tenant }),
      })
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    const known = new Set(found.map(({ _id }) => _id));
    const missing = uses.find(({ id }) => !known.has(id));
    if (missing) throw fileNotFound(missing);
    return ids;
  }

  async function insert(ids: readonly string[], { session_id }: FileUser) {
    const now = await clock.now();
    const documents = ids.map((file_id) => ({
      _id: `${session_id}:${file_id}`,
      file_id,
      session_id,
      created_at: now,
      check_at: new Date(now.getTime() + CHECK_AFTER_MS),
    }));
    await pins.insertMany(documents, { ordered: false }).catch((error: unknown) => {
      if (!isDuplicateKey(error)) throw error;
    });
  }

  // The token is read before the pins are counted, and checked with the write. So if a pin comes in between, the file
  // stays.
  async function settle(fileId: string, leaving: readonly string[]): Promise<void> {
    for (;;) {
      const file = await files.findOne({ _id: fileId, 'metadata.state': 'stored' });
      if (!file || file.metadata.expires_at) return;
      if (await pins.findOne({ file_id: fileId, _id: { $nin: [...leaving] } })) return;
      const { pinned_by } = file.metadata;
      const expires_at = new Date((await clock.now()).getTime() + unusedMs);
      const { matchedCount } = await files.updateOne(
        {
          _id: fileId,
          'metadata.state': 'stored',
          'metadata.pinned_by': pinned_by ?? { $exists: false },
          'metadata.expires_at': { $exists: false },
        },
        { $set: { 'metadata.expires_at': expires_at } },
      );
      if (matchedCount > 0) return;
    }
  }

  // The pins go last: if the process dies before that, the release can be repeated.
  async function releasePins(released: readonly FilePinDocument[]): Promise<void> {
    const leaving = released.map(({ _id }) => _id);
    for (const fileId of new Set(released.map(({ file_id }) => file_id)))
      await settle(fileId, leaving);
    await pins.deleteMany({ _id: { $in: leaving } });
  }

  return {
    async pin(uses, user) {
      if (uses.length === 0) return;
      const ids = await refuseMissing(uses, user.tenant);
      await insert(ids, user);
      for (const id of ids) {
        const { matchedCount } = await files.updateOne(
          { _id: id, 'metadata.state': 'stored' },
          { $set: { 'metadata.pinned_by': newId() }, $unset: { 'metadata.expires_at': '' } },
        );
        // The file was removed since the check. The pins that are left go with the next maintenance.
        if (matchedCount === 0) throw fileNotFound(uses.find((use) => use.id === id) ?? uses[0]);
      }
    },
    async release(userId, before) {
      const since = before ? { created_at: { $lt: before } } : {};
      for (;;) {
        const page = await pins
          .find({ session_id: userId, ...since })
          .limit(PAGE)
          .toArray();
        if (page.length > 0) await releasePins(page);
        if (page.length < PAGE) return;
      }
    },
    async check(signal) {
      while (!signal.aborted) {
        const now = await clock.now();
        const page = await pins
          .find({ check_at: { $lt: now } })
          .sort({ check_at: 1 })
          .limit(PAGE)
          .toArray();
        const { sessions, schedules } = await findUsers(db, page);
        const gone = page.filter(({ session_id: id }) => !sessions.has(id) && !schedules.has(id));
        const idsOf = (users: Set<string>) =>
          page.flatMap(({ _id, session_id }) => (users.has(session_id) ? [_id] : []));
        await releasePins(gone);
        // A session's pins go with its deletion. A schedule's may outlive a crash during its deletion, so they are
        // checked again.
        await pins.updateMany({ _id: { $in: idsOf(sessions) } }, { $unset: { check_at: '' } });
        const check_at = new Date(now.getTime() + CHECK_AFTER_MS);
        await pins.updateMany({ _id: { $in: idsOf(schedules) } }, { $set: { check_at } });
        if (page.length < PAGE) return;
      }
    },
  };
}

/** Finds which users of pins exist. */
async function findUsers(db: Db, pins: readonly FilePinDocument[]) {
  const ids = [...new Set(pins.map(({ session_id }) => session_id))];
  async function find(collection: string): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const found = await db
      .collection<{ _id: string }>(collection)
      .find({ _id: { $in: ids } })
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    return new Set(found.map(({ _id }) => _id));
  }
  return { sessions: await find('sessions'), schedules: await find('schedules') };
}

function fileNotFound(use: FileUse | undefined): AppError {
  const { id, field } = use ?? { id: '', field: 'files' };
  return new AppError('FILE_NOT_FOUND', `${field}: no file ${id}, or it has expired`, {
    details: { field },
  });
}
