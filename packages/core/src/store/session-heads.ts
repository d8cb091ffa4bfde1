import type { Db } from 'mongodb';
import { markOf } from '../model/session/resume-mark.ts';
import type { Session } from '../model/session/session.ts';
import { tombstoneCovers } from '../model/session/tombstone.ts';
import type { SessionDocument } from './mongo.ts';
import type { TombstoneStore } from './tombstone-store.ts';

/** The fields of a session that a reader of its events needs. */
export type SessionHead = Pick<
  Session,
  'id' | 'parent_session_id' | 'created_at' | 'status' | 'last_event_seq'
>;

/** Reads the heads of sessions. */
export interface SessionHeads {
  /** Returns the head of a session, or null if there is no such session. */
  get(id: string): Promise<SessionHead | null>;
  /**
   * Returns the heads of a session and of all sessions that continue it, oldest first. Considers
   * only the oldest `limit` sessions of the conversation.
   */
  tree(session: Pick<Session, 'id' | 'root_session_id'>, limit: number): Promise<SessionHead[]>;
  /**
   * Returns the mark of a session whose id once belonged to a deleted session. Returns an empty
   * string for any other session.
   */
  mark(session: Pick<Session, 'id' | 'created_at'>): Promise<string>;
}

const PROJECTION = { parent_session_id: 1, created_at: 1, status: 1, last_event_seq: 1 } as const;

type HeadDocument = Omit<SessionHead, 'id'> & { _id: string };

/**
 * Creates the reads of session heads in a database. `tombstones` shows which ids belonged to
 * deleted sessions.
 */
export function createSessionHeads(db: Db, tombstones: Pick<TombstoneStore, 'get'>): SessionHeads {
  const collection = db.collection<SessionDocument>('sessions');
  return {
    async get(id) {
      const found = await collection.findOne<HeadDocument>({ _id: id }, { projection: PROJECTION });
      return found && toHead(found);
    },
    async tree({ id, root_session_id }, limit) {
      const documents = await collection
        .find({ root_session_id })
        .project<HeadDocument>(PROJECTION)
        .sort({ created_at: 1, _id: 1 })
        .limit(limit)
        .toArray();
      return below(id, documents.map(toHead));
    },
    async mark(session) {
      const tombstone = await tombstones.get(session.id);
      return tombstone && !tombstoneCovers(tombstone, session.created_at) ? markOf(session) : '';
    },
  };
}

function toHead({ _id, ...head }: HeadDocument): SessionHead {
  return { id: _id, ...head };
}

/** Returns the session `id` and all sessions that continue it, in the given order. */
function below(id: string, heads: readonly SessionHead[]): SessionHead[] {
  const children = Map.groupBy(heads, ({ parent_session_id }) => parent_session_id);
  const found = new Set(heads.filter((head) => head.id === id));
  // The loop adds children to the set that it walks. The set holds each session once, so the loop
  // ends even if documents form a ring.
  for (const { id: parent } of found)
    for (const child of children.get(parent) ?? []) found.add(child);
  return heads.filter((head) => found.has(head));
}
