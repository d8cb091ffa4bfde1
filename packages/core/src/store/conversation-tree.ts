import type { Db, Filter } from 'mongodb';
import type { Session } from '../model/session/session.ts';
import { isTerminal, LIVE_STATUSES, SESSION_STATUSES } from '../model/session/status.ts';
import type { SessionDocument } from './mongo.ts';

/** The fields of a session that a deletion needs. */
export type TreeSession = Pick<
  Session,
  | 'id'
  | 'status'
  | 'created_at'
  | 'end_time'
  | 'last_event_seq'
  | 'totals'
  | 'model'
  | 'tags'
  | 'api_key_id'
>;

/** The sessions of conversations. A conversation is the sessions that share a root. */
export interface ConversationTree {
  /**
   * Returns the id of the root of a session's conversation, or null if there is no such session.
   */
  findRoot(sessionId: string): Promise<string | null>;
  /** Returns the newest sessions of a conversation, newest first, at most 200. */
  newest(rootId: string): Promise<TreeSession[]>;
  /** Returns sessions of a conversation that have not ended, at most 10. */
  live(rootId: string): Promise<TreeSession[]>;
  /**
   * Removes the documents of these sessions if they have ended. If a later session uses one of the
   * ids again, the later session stays.
   */
  remove(sessions: readonly TreeSession[]): Promise<void>;
  /**
   * Returns at most `limit` sessions that ended before `before`, in the order in which they ended.
   * With `after`, begins with the session that follows `after` in this order.
   */
  endedBefore(before: Date, limit: number, after?: EndedSession): Promise<EndedSession[]>;
  /**
   * Returns when the last session of the conversation ended. Returns null if a session has not
   * ended, or if the conversation has no sessions.
   */
  findEnd(rootId: string): Promise<Date | null>;
}

/** A session that has ended, with the fields that the order of endings needs. */
export type EndedSession = Pick<Session, 'id' | 'root_session_id'> & { end_time: Date };

const PAGE = 200;

const TERMINAL = SESSION_STATUSES.filter(isTerminal);

const PROJECTION = {
  status: 1,
  created_at: 1,
  end_time: 1,
  last_event_seq: 1,
  totals: 1,
  model: 1,
  tags: 1,
  api_key_id: 1,
} as const;

/** Creates the functions that read and remove the conversations of a database. */
export function createConversationTree(db: Db): ConversationTree {
  const collection = db.collection<SessionDocument>('sessions');
  const find = (filter: Parameters<typeof collection.find>[0]) =>
    collection.find(filter).project<Omit<TreeSession, 'id'> & { _id: string }>(PROJECTION);

  return {
    async findRoot(sessionId) {
      const document = await collection.findOne(
        { _id: sessionId },
        { projection: { root_session_id: 1 } },
      );
      return document?.root_session_id ?? null;
    },
    async newest(rootId) {
      const documents = await find({ root_session_id: rootId })
        .sort({ created_at: -1, _id: -1 })
        .limit(PAGE)
        .toArray();
      return documents.map(toTreeSession);
    },
    async live(rootId) {
      const documents = await find({ root_session_id: rootId, status: { $in: [...LIVE_STATUSES] } })
        .limit(10)
        .toArray();
      return documents.map(toTreeSession);
    },
    async remove(sessions) {
      const newest = Math.max(...sessions.map(({ created_at }) => created_at.getTime()));
      await collection.deleteMany({
        _id: { $in: sessions.map(({ id }) => id) },
        status: { $in: TERMINAL },
        created_at: { $lte: new Date(newest) },
      });
    },
    async endedBefore(before, limit, after) {
      const ended: Filter<SessionDocument> = { end_time: { $lt: before } };
      if (after) {
        ended.end_time = { $gte: after.end_time, $lt: before };
        ended.$or = [{ end_time: { $gt: after.end_time } }, { _id: { $gt: after.id } }];
      }
      const documents = await collection
        .find(ended)
        .project<Omit<EndedSession, 'id'> & { _id: string }>({ end_time: 1, root_session_id: 1 })
        .sort({ end_time: 1, _id: 1 })
        .limit(limit)
        .toArray();
      return documents.map(({ _id, ...fields }) => ({ id: _id, ...fields }));
    },
    async findEnd(rootId) {
      const live = await collection.countDocuments(
        { root_session_id: rootId, status: { $in: [...LIVE_STATUSES] } },
        { limit: 1 },
      );
      if (live > 0) return null;
      const [last] = await collection
        .find({ root_session_id: rootId })
        .project<{ end_time?: Date }>({ end_time: 1 })
        .sort({ end_time: -1 })
        .limit(1)
        .toArray();
      return last?.end_time ?? null;
    },
  };
}

function toTreeSession({ _id, ...fields }: Omit<TreeSession, 'id'> & { _id: string }): TreeSession {
  return { id: _id, ...fields };
}
