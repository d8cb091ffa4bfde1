import { BSON, type Collection, type Db, type Filter } from 'mongodb';
import { type AppError, isAppError } from '../model/errors/app-error.ts';
import { isOfKey } from '../model/job/idempotency.ts';
import { defined } from '../model/schema/defined.ts';
import type { Session } from '../model/session/session.ts';
import type { SessionStatus } from '../model/session/status.ts';
import { isDuplicateKey } from './duplicate-key.ts';
import { createGroupInsert } from './group-insert.ts';
import type { SessionDocument } from './mongo.ts';
import { findNewestFirst } from './pages-by-time.ts';
import { createListReader, type ListOptions, readDocument } from './read-document.ts';
import { decodeSession, encodeSession } from './session-codec.ts';
import { sessionDocumentSchema } from './session-document-schema.ts';
import type { TombstoneStore } from './tombstone-store.ts';

/** A session younger than this, in milliseconds, cannot have been deleted yet. */
const FRESH_MS = 10_000;

/**
 * How many insert commands may run at once. With only one command at a time, a connection that
 * hangs would delay all inserts.
 */
const INSERTS_AT_ONCE = 4;

/** The filter of a list. `limit` is the page size. */
export interface SessionFilter {
  status?: SessionStatus;
  parent_session_id?: string;
  root_session_id?: string;
  schedule_id?: string;
  conversation_key?: string;
  tag?: string;
  limit: number;
  cursor?: string;
}

/** A page of sessions, newest first. */
export interface SessionPage {
  sessions: Session[];
  next_cursor?: string;
}

/** One session in the chain of a conversation, with the fields that a reader of events needs. */
export type ConversationLink = Pick<
  Session,
  'id' | 'parent_session_id' | 'last_event_seq' | 'superseded' | 'continues_at' | 'sealed_for'
>;

/** The fields of a session that a list of jobs shows. */
export type SessionLabel = Pick<Session, 'id' | 'status' | 'title' | 'totals' | 'failure'>;

/** Reads of sessions, and the writes that need no claim. */
export interface SessionStore {
  /** Returns the session, or null. Throws INTERNAL if its document cannot be read. */
  get(id: string): Promise<Session | null>;
  /**
   * Stores the session unless its id is taken, and returns the stored session. An existing session
   * takes precedence. Throws SESSION_DELETED if the session was deleted since it was created, and
   * PARENT_NOT_FOUND if its conversation was deleted or is about to be.
   */
  insertIfAbsent(session: Session): Promise<Session>;
  /**
   * Stores each of these sessions that is not stored yet. An existing session takes precedence.
   * Does not store a session for which insertIfAbsent would throw, and returns these errors by the
   * id of the session.
   */
  insertManyIfAbsent(sessions: readonly Session[]): Promise<Map<string, AppError>>;
  /**
   * Returns a page, newest first by (created_at, id). Leaves out documents that cannot be read.
   * Throws INVALID_REQUEST if the cursor is not from this list.
   */
  list(filter: SessionFilter): Promise<SessionPage>;
  /**
   * Returns the chain from the root to this session, root first. It is empty if the session is
   * unknown.
   */
  ancestry(session: Session): Promise<ConversationLink[]>;
  /** Returns the sessions with these ids, in the same order. Leaves out unknown ids. */
  getMany(ids: readonly string[]): Promise<Session[]>;
  /**
   * Returns the labels of the sessions with these ids, in any order. Leaves out unknown ids and
   * documents that cannot be read.
   */
  labels(ids: readonly string[]): Promise<SessionLabel[]>;
  /**
   * Lets one continue work on in its parent's directory: the first that claims it. Resolves to
   * whether that is this child. A repeated call resolves to the same. Resolves to false if the
   * parent is unknown.
   */
  claimHeir(parentId: string, childId: string): Promise<boolean>;
}

const LABEL = { status: 1, title: 1, totals: 1, failure: 1 } as const;

type LabelDocument = Omit<SessionLabel, 'id'> & { _id: string };

const labelForm = sessionDocumentSchema.pick({
  status: true,
  title: true,
  totals: true,
  failure: true,
});

function decodeLabel(document: LabelDocument): SessionLabel {
  return readDocument(document, {
    collection: 'sessions',
    form: labelForm,
    decode: ({ _id, ...label }) => ({ ...label, id: _id }),
  });
}

/** Creates the session store of a database. `tombstones` refuse sessions that were deleted. */
export function createSessionStore(
  db: Db,
  tombstones: Pick<TombstoneStore, 'refuseDeleted'>,
  options: ListOptions = {},
): SessionStore {
  const collection = db.collection<SessionDocument>('sessions');
  const readList = createListReader('sessions', decodeSession, options);
  const readLabels = createListReader('sessions', decodeLabel, options);

  async function get(id: string): Promise<Session | null> {
    const document = await collection.findOne({ _id: id });
    return document ? decodeSession(document) : null;
  }

  return {
    get,
    ...createSessionInserts(collection, tombstones, get),
    async list({ limit, cursor, tag, ...equal }) {
      const filter: Filter<SessionDocument> = {
        ...Object.fromEntries(Object.entries(equal).filter(([, value]) => value !== undefined)),
        ...defined({ tags: tag }),
      };
      const { documents, ...next } = await findNewestFirst(collection, filter, { limit, cursor });
      return { sessions: readList(documents), ...next };
    },
    async ancestry(session) {
      const links = await collection
        .find({ root_session_id: session.root_session_id })
        .project<ConversationLink & { _id: string }>({
          parent_session_id: 1,
          last_event_seq: 1,
          superseded: 1,
          continues_at: 1,
          sealed_for: 1,
        })
        .toArray();
      return buildChain(
        session.id,
        links.map(({ _id, ...link }) => ({ ...link, id: _id })),
      );
    },
    async getMany(ids) {
      const documents = await collection.find({ _id: { $in: [...ids] } }).toArray();
      const byId = new Map(documents.map((document) => [document._id, decodeSession(document)]));
      return ids.map((id) => byId.get(id)).filter((session) => session !== undefined);
    },
    async labels(ids) {
      const documents = await collection
        .find({ _id: { $in: [...ids] } })
        .project<LabelDocument>(LABEL)
        .toArray();
      return readLabels(documents);
    },
    async claimHeir(parentId, childId) {
      const { matchedCount } = await collection.updateOne(
        { _id: parentId, workspace_heir: { $in: [null, childId] } } as Filter<SessionDocument>,
        { $set: { workspace_heir: childId } },
      );
      return matchedCount > 0;
    },
  };
}

/**
 * Creates the inserts of sessions. A deletion that runs at the same time must not miss an inserted
 * session.
 */
function createSessionInserts(
  collection: Collection<SessionDocument>,
  tombstones: Pick<TombstoneStore, 'refuseDeleted'>,
  get: SessionStore['get'],
): Pick<SessionStore, 'insertIfAbsent' | 'insertManyIfAbsent'> {
  const insert = createGroupInsert(collection, { atOnce: INSERTS_AT_ONCE });

  /**
   * Returns, by id, the errors for the sessions that were deleted, and for the sessions whose
   * conversation was deleted.
   */
  async function findRefused(sessions: readonly Session[]): Promise<Map<string, AppError>> {
    const errors = await Promise.all(
      sessions.map((session) => tombstones.refuseDeleted(session).then(() => null, toRefusal)),
    );
    const byId = sessions.map(({ id }, index) => [id, errors[index] ?? null] as const);
    return new Map(byId.filter((entry): entry is [string, AppError] => entry[1] !== null));
  }

  /** Removes a session that was just inserted, unless another process changed it. */
  async function removeInserted({ id, status, created_at }: Session): Promise<void> {
    await collection.deleteOne({ _id: id, status, created_at, 'lease.fence': 0 });
  }

  return {
    async insertIfAbsent(session) {
      const document = encodeSession(session);
      if (mayBeDeleted(session)) await tombstones.refuseDeleted(session);
      try {
        await insert(document, BSON.calculateObjectSize(document, { ignoreUndefined: true }));
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        return (await get(session.id)) ?? session;
      }
      // This check must follow the insert. A deletion stores its mark before it reads the sessions,
      // so either the deletion sees this session, or this check sees the mark.
      await tombstones.refuseDeleted(session).catch(async (error: unknown) => {
        if (isAppError(error)) await removeInserted(session);
        throw error;
      });
      return decodeSession(document);
    },
    async insertManyIfAbsent(sessions) {
      const before = await findRefused(sessions.filter(mayBeDeleted));
      const toInsert = sessions.filter(({ id }) => !before.has(id));
      if (toInsert.length === 0) return before;
      await collection
        .insertMany(toInsert.map(encodeSession), { ordered: false })
        .catch((error: unknown) => {
          // A session whose id is taken is already stored. Any other error fails the whole call.
          if (!isDuplicateKey(error)) throw error;
        });
      const after = await findRefused(toInsert);
      await Promise.all(toInsert.filter(({ id }) => after.has(id)).map(removeInserted));
      return new Map([...before, ...after]);
    },
  };
}

/** Returns the links from the root to this session, root first. */
function buildChain(sessionId: string, links: readonly ConversationLink[]): ConversationLink[] {
  const byId = new Map(links.map((link) => [link.id, link]));
  const chain: ConversationLink[] = [];
  // Each link is deleted once it is in the chain, so the loop ends even if the documents form a
  // ring.
  for (let id: string | undefined = sessionId; id !== undefined; ) {
    const link: ConversationLink | undefined = byId.get(id);
    if (!link) break;
    byId.delete(id);
    chain.unshift(link);
    id = link.parent_session_id;
  }
  return chain;
}

// Returns whether the tombstones must be checked before the insert, because the session must not be
// stored even for a moment. A late insert may come from a job that a deletion left behind. An id
// that was made from an idempotency key may belong to a session that is being deleted.
function mayBeDeleted({ id, created_at }: Session): boolean {
  return isOfKey(id) || Date.now() - created_at.getTime() > FRESH_MS;
}

function toRefusal(error: unknown): AppError {
  if (isAppError(error)) return error;
  throw error;
}
