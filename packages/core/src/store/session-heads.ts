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

/** Reads how far sessions have come. */
export interface SessionHeads {
  /** The head of a session, or null where there is none. */
  get(id: string): Promise<SessionHead | null>;
  /** The heads of a session and of all that continue it, the oldest first, among the first `limit` of its conversation. */
  tree(session: Pick<Session, 'id' | 'root_session_id'>, limit: number): Promise<SessionHead[]>;
  /** The mark of a session that was made again under the id of a deleted one; empty for any other session. */
  mark(session: Pick<Session, 'id' | 'created_at'>): Promise<string>;
}

const PROJECTION = { parent_session_id: 1, created_at: 1, status: 1, last_event_seq: 1 } as const;

type HeadDocument = Omit<SessionHead, 'id'> & { _id: string };

/** The heads of a database; `tombstones` say which ids were used before. */
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

/** The sessions of a conversation that are `id` or continue it, in their order. */
function below(id: string, heads: readonly SessionHead[]): SessionHead[] {
  const children = Map.groupBy(heads, ({ parent_session_id }) => parent_session_id);
  const found = new Set(heads.filter((head) => head.id === id));
  // The set grows while it is walked and holds each session once, so documents in a ring end the walk too.
  for (const { id: parent } of found)
    for (const child of children.get(parent) ?? []) found.add(child);
  return heads.filter((head) => found.has(head));
}
