import type { Collection, Db } from 'mongodb';
import type { WaitingFor } from '../model/config/waiting-for.ts';
import { JOB_FIELDS, type JobSource } from '../model/job/job-of-session.ts';
import type { BusyParent } from '../model/job/waiting.ts';
import type { Waiter } from '../model/limits/key-release-plan.ts';
import type { Failure } from '../model/session/failure.ts';
import type { Session } from '../model/session/session.ts';
import type { StoreClock } from './clock.ts';
import type { SessionDocument } from './mongo.ts';
import { createListReader, type ListOptions } from './read-document.ts';
import { decodeSession } from './session-codec.ts';
import { appendOutboxEvent } from './webhook-outbox.ts';

/**
 * The fields that show whether a session still waits, and the fields from which its job is built.
 */
export type WaitState = JobSource & Pick<Session, 'status' | 'waiting_for'>;

/**
 * A session that waits for its parent, and the fields of the parent that decide whether the session
 * keeps waiting.
 */
export interface ParentWait {
  session: Pick<Session, 'id' | 'on_busy'>;
  parent: BusyParent | undefined;
}

/** The sessions that wait for something. Each change is one guarded update. */
export interface WaitingStore {
  /** Returns the sessions that wait for a concurrency key, oldest first. */
  findByKey(key: string, limit: number): Promise<Waiter[]>;
  /** Returns the sessions that wait for the end of a parent and can be read, oldest first. */
  findByParent(parentId: string, limit: number): Promise<Session[]>;
  /**
   * Ends the wait of each of these sessions that still waits for `wait`. Then returns what `states`
   * returns for all `ids`.
   */
  end(ids: readonly string[], wait: WaitingFor): Promise<WaitState[]>;
  /** Returns the state of each of these sessions. Leaves out unknown ids. */
  states(ids: readonly string[]): Promise<WaitState[]>;
  /**
   * Makes a session wait for its concurrency key, if the session never ran and still waits for
   * `from`.
   */
  waitForKey(id: string, from: WaitingFor | undefined): Promise<void>;
  /** Adds feature words to a session that waits for its parent. */
  require(id: string, features: readonly string[]): Promise<void>;
  /**
   * Fails a session that waits for its parent. Returns null if it no longer waits for its parent.
   */
  fail(id: string, failure: Omit<Failure, 'at'>): Promise<Session | null>;
  /** Yields every concurrency key that a session waits for. */
  keysWaitedFor(): AsyncGenerator<string>;
  /** Yields every session that waits for a parent. */
  parentWaits(): AsyncGenerator<ParentWait>;
}

const PAGE = 500;

const WAIT_STATE = Object.fromEntries(
  [...JOB_FIELDS, 'status', 'waiting_for'].filter((field) => field !== 'id').map((at) => [at, 1]),
);

const PARENT = {
  status: 1,
  lease: 1,
  interrupt_requested_at: 1,
  cancel_requested_at: 1,
} satisfies Record<keyof BusyParent, 1>;

/** Creates the waiting store of a database. */
export function createWaitingStore(
  db: Db,
  clock: StoreClock,
  options: ListOptions = {},
): WaitingStore {
  const collection = db.collection<SessionDocument>('sessions');
  const readList = createListReader('sessions', decodeSession, options);

  async function states(ids: readonly string[]): Promise<WaitState[]> {
    const documents = await collection
      .find({ _id: { $in: [...ids] } })
      .project<Omit<WaitState, 'id'> & { _id: string }>(WAIT_STATE)
      .toArray();
    return documents.map(({ _id, ...fields }) => ({ ...fields, id: _id }));
  }

  return {
    states,
    async findByKey(key, limit) {
      const documents = await collection
        .find({ waiting_for: 'concurrency_key', concurrency_key: key })
        .sort({ created_at: 1, _id: 1 })
        .limit(limit)
        .project<Omit<Waiter, 'id'> & { _id: string }>({ concurrency_limit: 1 })
        .toArray();
      return documents.map(({ _id, ...waiter }) => ({ ...waiter, id: _id }));
    },
    async findByParent(parentId, limit) {
      const documents = await collection
        .find({ parent_session_id: parentId, waiting_for: 'parent' })
        .sort({ created_at: 1, _id: 1 })
        .limit(limit)
        .toArray();
      return readList(documents);
    },
    async end(ids, wait) {
      await collection.updateMany(
        { _id: { $in: [...ids] }, status: 'queued', waiting_for: wait },
        { $unset: { waiting_for: '' }, $set: { updated_at: await clock.now() } },
      );
      return states(ids);
    },
    async waitForKey(id, from) {
      const waitsFor = from ?? { $exists: false };
      await collection.updateOne(
        { _id: id, status: 'queued', 'lease.fence': 0, waiting_for: waitsFor },
        { $set: { waiting_for: 'concurrency_key', updated_at: await clock.now() } },
      );
    },
    async require(id, features) {
      await collection.updateOne(
        { _id: id, status: 'queued', waiting_for: 'parent' },
        { $addToSet: { requires: { $each: [...features] } } },
      );
    },
    async fail(id, facts) {
      const now = await clock.now();
      const document = await collection.findOneAndUpdate(
        { _id: id, status: 'queued', waiting_for: 'parent' },
        {
          $set: {
            status: 'failed',
            failure: { ...facts, at: now },
            error: facts.message,
            end_time: now,
            updated_at: now,
          },
          $unset: { waiting_for: '', not_before: '' },
          ...appendOutboxEvent('session.failed', 0, now),
        },
        { returnDocument: 'after' },
      );
      return document && decodeSession(document);
    },
    ...createWaitScans(collection),
  };
}

/** Creates the scans over all waiting sessions, for the reconciler. */
function createWaitScans(
  collection: Collection<SessionDocument>,
): Pick<WaitingStore, 'keysWaitedFor' | 'parentWaits'> {
  async function findParents(
    ids: readonly (string | undefined)[],
  ): Promise<Map<string, BusyParent>> {
    const parents = await collection
      .find({ _id: { $in: ids.filter((id) => id !== undefined) } })
      .project<BusyParent & { _id: string }>(PARENT)
      .toArray();
    return new Map(parents.map(({ _id, ...parent }) => [_id, parent]));
  }

  return {
    async *keysWaitedFor() {
      const keys = collection.aggregate<{ _id: string }>([
        { $match: { waiting_for: 'concurrency_key' } },
        { $group: { _id: '$concurrency_key' } },
      ]);
      for await (const { _id } of keys) yield _id;
    },
    async *parentWaits() {
      for (let last = ''; ; ) {
        const page = await collection
          .find({ waiting_for: 'parent', _id: { $gt: last } })
          .sort({ _id: 1 })
          .limit(PAGE)
          .project<Pick<SessionDocument, '_id' | 'on_busy' | 'parent_session_id'>>({
            on_busy: 1,
            parent_session_id: 1,
          })
          .toArray();
        const parents = await findParents(page.map((one) => one.parent_session_id));
        for (const { _id, parent_session_id = '', ...fields } of page) {
          yield { session: { id: _id, ...fields }, parent: parents.get(parent_session_id) };
        }
        const end = page.at(-1);
        if (!end || page.length < PAGE) return;
        last = end._id;
      }
    },
  };
}
