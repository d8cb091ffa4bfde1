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

/** How long after a deletion its first sweep runs, in milliseconds; the last one runs at the end of the retention. */
const FIRST_SWEEP_MS = 10 * 60_000;

const PAGE = 500;

/** Tombstones of deleted sessions: a deletion that crashed is finished by them, and no late write brings a session back. */
export interface TombstoneStore {
  get(id: string): Promise<Tombstone | null>;
  /**
   * Throws SESSION_DELETED where the session was deleted, and PARENT_NOT_FOUND where its conversation was
   * or is about to be.
   */
  refuseDeleted(session: Pick<Session, 'id' | 'root_session_id' | 'created_at'>): Promise<void>;
  /** Marks a conversation as asked to be deleted, as of `at`; one that is marked already stays as it is. */
  mark(rootId: string, at: Date): Promise<void>;
  /** Removes the mark; false where the deletion was committed. */
  unmark(rootId: string): Promise<boolean>;
  /** Commits to the deletion; false where the mark was removed. */
  commit(rootId: string): Promise<boolean>;
  /** Makes tombstones for sessions of a conversation, as of `at`; false where it is no longer being deleted. */
  insert(rootId: string, at: Date, sessions: readonly TombstoneState[]): Promise<boolean>;
  /**
   * The tombstones of a conversation whose sessions may have left something, at most 500, the root's last;
   * empty once there are none.
   */
  listWithLeftovers(rootId: string): Promise<Tombstone[]>;
  /**
   * Stores up to which event all is removed; false where the tombstone changed since it was read: another
   * process finished it, or its id was used and deleted again.
   */
  noteRemoved(tombstone: Tombstone, removedTo: number): Promise<boolean>;
  /** Marks the session of this tombstone as removed; does nothing where the tombstone changed since it was read. */
  markRemoved(tombstone: Tombstone, now: Date): Promise<void>;
  /** The roots' tombstones of deletions that run or crashed, by id, after `after`; at most 500. */
  unfinished(after?: string): Promise<Tombstone[]>;
  /** The tombstones whose sweep is due, the longest overdue first; at most 500. */
  dueForSweep(now: Date): Promise<Tombstone[]>;
  /** Postpones a sweep that has more to remove, behind those that are due. */
  postponeSweep(tombstone: Tombstone, now: Date): Promise<void>;
  /** Ends a sweep: removes the tombstone if its retention is over, else schedules its last sweep for that time. */
  finishSweep(tombstone: Tombstone, now: Date): Promise<void>;
  /** The ids of the roots that were removed in `from <= gone_at < to`, in pages. */
  rootsRemovedBetween(from: Date, to: Date): AsyncGenerator<string[]>;
}

/** The tombstones of a database. */
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

/** The marks of conversations that are to be deleted: a mark can be taken back until it is committed. */
function createMarks(
  collection: Collection<TombstoneDocument>,
): Pick<TombstoneStore, 'mark' | 'unmark' | 'commit'> {
  return {
    async mark(rootId, at) {
      // An id may have been used anew after its first conversation was deleted.
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

/** Sweeps: a removed session is checked again, because a late writer may have left something behind. */
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

/** The error by which a tombstone keeps a session from being stored; null where it does not. */
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

// Its id may have been used anew, and deleted again, since it was read.
function asRead({ id, state, at, gone_at }: Tombstone) {
  return { _id: id, state, at, gone_at: gone_at ?? { $exists: false } };
}

function decode({ _id, ...fields }: TombstoneDocument): Tombstone {
  return { id: _id, ...fields };
}
