import type { Collection, Db } from 'mongodb';
import { AppError } from '../model/errors/app-error.ts';
import { defined } from '../model/schema/defined.ts';
import type { Session } from '../model/session/session.ts';
import {
  TOMBSTONE_RETENTION_MS,
  type Tombstone,
  tombstoneCovers,
} from '../model/session/tombstone.ts';
import { isDuplicateKey } from './duplicate-key.ts';
import { createGroupRead } from './group-read.ts';

/** A tombstone as it is stored. */
export type TombstoneDocument = Omit<Tombstone, 'id'> & { _id: string };

/** The fields of a session that its tombstone keeps. */
export type TombstoneState = Pick<Session, 'id' | 'last_event_seq'>;

/**
 * How long after a deletion its first sweep runs, in milliseconds. The last sweep runs at the end
 * of the retention.
 */
const FIRST_SWEEP_MS = 10 * 60_000;

const PAGE = 500;

/**
 * The tombstones of deleted sessions. They let a deletion continue after a crash, and keep late
 * writes from bringing a session back.
 */
export interface TombstoneStore {
  /** Returns the tombstone of this session id, or null. */
  get(id: string): Promise<Tombstone | null>;
  /**
   * Throws SESSION_DELETED if the session was deleted, and PARENT_NOT_FOUND if its conversation was
   * deleted or is about to be.
   */
  refuseDeleted(session: Pick<Session, 'id' | 'root_session_id' | 'created_at'>): Promise<void>;
  /** Marks a conversation for deletion, as of `at`. An existing mark stays as it is. */
  mark(rootId: string, at: Date): Promise<void>;
  /** Removes the mark. Returns false if the deletion was already committed. */
  unmark(rootId: string): Promise<boolean>;
  /** Commits the deletion. Returns false if the mark was removed. */
  commit(rootId: string): Promise<boolean>;
  /**
   * Stores tombstones for sessions of a conversation, as of `at`. Returns false if the conversation
   * is no longer being deleted.
   */
  insert(rootId: string, at: Date, sessions: readonly TombstoneState[]): Promise<boolean>;
  /**
   * Returns at most 500 tombstones of a conversation, for the sessions that may have leftovers. The
   * root's tombstone comes last. Returns an empty list once all leftovers are removed.
   */
  listWithLeftovers(rootId: string): Promise<Tombstone[]>;
  /**
   * Stores the seq up to which the session's events are removed. Returns false if the tombstone
   * changed since it was read: another process finished the removal, or a new session with this id
   * was deleted too.
   */
  noteRemoved(tombstone: Tombstone, removedTo: number): Promise<boolean>;
  /**
   * Marks the session of this tombstone as removed. Does nothing if the tombstone changed since it
   * was read.
   */
  markRemoved(tombstone: Tombstone, now: Date): Promise<void>;
  /**
   * Returns the tombstones of the roots whose deletion is not complete, sorted by id, at most 500.
   * With `after`, begins with the first root after this id.
   */
  unfinished(after?: string): Promise<Tombstone[]>;
  /** Returns the tombstones whose sweep is due, the longest overdue first; at most 500. */
  dueForSweep(now: Date): Promise<Tombstone[]>;
  /** Moves a sweep behind the other sweeps that are due, because the sweep has more to remove. */
  postponeSweep(tombstone: Tombstone, now: Date): Promise<void>;
  /**
   * Ends a sweep. Removes the tombstone if its retention is over; otherwise schedules the last
   * sweep for the end of the retention.
   */
  finishSweep(tombstone: Tombstone, now: Date): Promise<void>;
  /** Yields, in pages, the ids of the roots that were removed in `from <= gone_at < to`. */
  rootsRemovedBetween(from: Date, to: Date): AsyncGenerator<string[]>;
}

/** Creates the tombstone store of a database. */
export function createTombstoneStore(db: Db): TombstoneStore {
  const collection = db.collection<TombstoneDocument>('tombstones');

  const read = createGroupRead(collection);

  async function find(ids: readonly string[]): Promise<Tombstone[]> {
    const found = await Promise.all(ids.map(read));
    return found.filter((one) => one !== null).map(decode);
  }

  return {
    get: async (id) => (await find([id]))[0] ?? null,
    async refuseDeleted(session) {
      for (const tombstone of await find([...new Set([session.id, session.root_session_id])])) {
        const refusal = findRefusal(tombstone, session);
        if (refusal) throw refusal;
      }
    },
    async insert(rootId, at, sessions) {
      const ofRoot = { _id: rootId, state: 'deleting' } as const;
      const { matchedCount } = await collection.updateOne(ofRoot, { $set: { at } });
      if (matchedCount === 0) return false;
      await collection.bulkWrite(
        sessions.map(({ id, last_event_seq }) => ({
          updateOne: {
            filter: id === rootId ? ofRoot : { _id: id },
            update: {
              $set: {
                root_session_id: rootId,
                at,
                last_event_seq,
                state: id === rootId ? ('deleting' as const) : ('buried' as const),
              },
              $unset: { removed_to: '' as const },
            },
            upsert: id !== rootId,
          },
        })),
        { ordered: false },
      );
      return true;
    },
    async listWithLeftovers(rootId) {
      const parts = await collection
        .find({ root_session_id: rootId, state: 'buried' })
        .limit(PAGE)
        .toArray();
      const root =
        parts.length < PAGE ? await collection.findOne({ _id: rootId, state: 'deleting' }) : null;
      return [...parts, ...(root ? [root] : [])].map(decode);
    },
    async noteRemoved(tombstone, removed_to) {
      const { matchedCount } = await collection.updateOne(asRead(tombstone), {
        $set: { removed_to },
      });
      return matchedCount > 0;
    },
    async markRemoved(tombstone, now) {
      const sweep_at = new Date(now.getTime() + FIRST_SWEEP_MS);
      await collection.updateOne(asRead(tombstone), {
        $set: { state: 'gone', gone_at: now, sweep_at },
        $unset: { removed_to: '' },
      });
    },
    async unfinished(after) {
      const documents = await collection
        .find({
          state: { $in: ['asked', 'deleting'] },
          ...defined({ _id: after === undefined ? undefined : { $gt: after } }),
        })
        .sort({ _id: 1 })
        .limit(PAGE)
        .toArray();
      return documents.map(decode);
    },
    ...createMarks(collection),
    ...createSweepQueue(collection),
  };
}

/** Creates the marks of conversations. A mark can be removed until the deletion commits. */
function createMarks(
  collection: Collection<TombstoneDocument>,
): Pick<TombstoneStore, 'mark' | 'unmark' | 'commit'> {
  return {
    async mark(rootId, at) {
      // The id may have been used again after its first conversation was deleted.
      await collection.updateOne({ _id: rootId, state: 'gone' }, { $set: { state: 'asked', at } });
      const fresh = { root_session_id: rootId, state: 'asked', at, last_event_seq: 0 } as const;
      await collection
        .updateOne({ _id: rootId }, { $setOnInsert: fresh }, { upsert: true })
        .catch((error: unknown) => {
          if (!isDuplicateKey(error)) throw error;
        });
    },
    async unmark(rootId) {
      await collection.updateOne(
        { _id: rootId, state: 'asked', gone_at: { $exists: true } },
        { $set: { state: 'gone' } },
      );
      await collection.deleteOne({ _id: rootId, state: 'asked' });
      const left = await collection.findOne({ _id: rootId, state: 'deleting' });
      return left === null;
    },
    async commit(rootId) {
      await collection.updateOne({ _id: rootId, state: 'asked' }, { $set: { state: 'deleting' } });
      return (await collection.countDocuments({ _id: rootId, state: 'deleting' })) > 0;
    },
  };
}

/**
 * Creates the sweeps. A sweep checks a removed session again, because a late writer may have left
 * something behind.
 */
function createSweepQueue(
  collection: Collection<TombstoneDocument>,
): Pick<TombstoneStore, 'dueForSweep' | 'postponeSweep' | 'finishSweep' | 'rootsRemovedBetween'> {
  return {
    async dueForSweep(now) {
      const documents = await collection
        .find({ state: 'gone', sweep_at: { $lte: now } })
        .sort({ sweep_at: 1 })
        .limit(PAGE)
        .toArray();
      return documents.map(decode);
    },
    async postponeSweep(tombstone, sweep_at) {
      await collection.updateOne(asRead(tombstone), { $set: { sweep_at } });
    },
    async finishSweep(tombstone, now) {
      const end = new Date((tombstone.gone_at ?? now).getTime() + TOMBSTONE_RETENTION_MS);
      if (now >= end) await collection.deleteOne(asRead(tombstone));
      else {
        await collection.updateOne(asRead(tombstone), {
          $set: { sweep_at: end },
          $unset: { removed_to: '' },
        });
      }
    },
    async *rootsRemovedBetween(from, to) {
      const cursor = collection
        .find({ gone_at: { $gte: from, $lt: to } })
        .project<{ _id: string; root_session_id: string }>({ root_session_id: 1 })
        .batchSize(PAGE);
      let page: string[] = [];
      for await (const { _id, root_session_id } of cursor) {
        if (_id !== root_session_id) continue;
        page.push(_id);
        if (page.length < PAGE) continue;
        yield page;
        page = [];
      }
      if (page.length > 0) yield page;
    },
  };
}

/**
 * Returns the error for a session that must not be stored because of this tombstone. Returns null
 * if the session may be stored.
 */
function findRefusal(
  tombstone: Tombstone,
  { id, created_at }: Pick<Session, 'id' | 'created_at'>,
): AppError | null {
  const isOwn = tombstone.id === id;
  if (tombstone.state === 'gone' && !tombstoneCovers(tombstone, created_at)) return null;
  // A session whose own deletion is only requested still has its document.
  if (isOwn && tombstone.state === 'asked') return null;
  if (isOwn) return new AppError('SESSION_DELETED', `session ${id} was deleted`);
  return new AppError('PARENT_NOT_FOUND', `the conversation of session ${id} was deleted`, {
    details: { field: 'parent_session_id' },
  });
}

// Returns a filter that matches the tombstone only if it has not changed since it was read. A later
// session with the same id may have been deleted since then.
function asRead({ id, state, at, gone_at }: Tombstone) {
  return { _id: id, state, at, gone_at: gone_at ?? { $exists: false } };
}

function decode({ _id, ...fields }: TombstoneDocument): Tombstone {
  return { id: _id, ...fields };
}
