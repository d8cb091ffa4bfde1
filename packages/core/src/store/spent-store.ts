import type { Db } from 'mongodb';
import type { Session } from '../model/session/session.ts';
import { type Spent, TOMBSTONE_RETENTION_MS } from '../model/session/tombstone.ts';
import type { SessionDocument } from './mongo.ts';

/**
 * What one deleted session spent. It is stored apart from the tombstone, because the session's id
 * may be used and deleted again. In the state `held` the session's document may still exist, and
 * then the document counts instead.
 */
interface SpentDocument {
  _id: string;
  session_id: string;
  root_session_id: string;
  created_at: Date;
  state: 'held' | 'spent';
  spent: Spent;
  /** When this record is removed. */
  sweep_at: Date;
}

/** A deleted session and what it spent. */
export type SessionSpending = Pick<Session, 'id' | 'created_at'> & { spent: Spent };

const MAX_HELD = 2_000;

/** The spending of deleted sessions. Each step is safe to repeat. */
export interface SpentStore {
  /**
   * Records what these sessions of a conversation spent. A record does not count while the
   * session's document still exists.
   */
  record(rootId: string, sessions: readonly SessionSpending[], now: Date): Promise<void>;
  /** Makes all records of this conversation count, because its documents are gone. */
  settle(rootId: string): Promise<void>;
  /** Returns the `_id`s of the records whose sessions still have their documents. */
  findCountedTwice(): Promise<string[]>;
  /** Removes the records whose retention is over. */
  removeExpired(now: Date): Promise<void>;
}

/** Creates the store of what deleted sessions spent. */
export function createSpentStore(db: Db): SpentStore {
  const collection = db.collection<SpentDocument>('tombstones');
  const sessions = db.collection<SessionDocument>('sessions');
  return {
    async record(rootId, deleted, now) {
      const sweep_at = new Date(now.getTime() + TOMBSTONE_RETENTION_MS);
      await collection.bulkWrite(
        deleted.map(({ id, created_at, spent }) => ({
          updateOne: {
            filter: { _id: buildKey(id, created_at) },
            update: {
              $set: {
                session_id: id,
                root_session_id: rootId,
                created_at,
                state: 'held' as const,
                spent,
                sweep_at,
              },
            },
            upsert: true,
          },
        })),
        { ordered: false },
      );
    },
    async settle(rootId) {
      await collection.updateMany(
        { root_session_id: rootId, state: 'held' },
        { $set: { state: 'spent' } },
      );
    },
    async findCountedTwice() {
      const held = await collection
        .find({ state: 'held' })
        .project<Pick<SpentDocument, '_id' | 'session_id'>>({ session_id: 1 })
        .limit(MAX_HELD)
        .toArray();
      if (held.length === 0) return [];
      const found = await sessions
        .find({ _id: { $in: held.map(({ session_id }) => session_id) } })
        .project<Pick<SessionDocument, '_id' | 'created_at'>>({ created_at: 1 })
        .toArray();
      const there = new Set(found.map(({ _id, created_at }) => buildKey(_id, created_at)));
      return held.map(({ _id }) => _id).filter((key) => there.has(key));
    },
    async removeExpired(now) {
      await collection.deleteMany({ state: { $in: ['held', 'spent'] }, sweep_at: { $lte: now } });
    },
  };
}

function buildKey(id: string, createdAt: Date): string {
  return `${id}:${createdAt.getTime()}`;
}
