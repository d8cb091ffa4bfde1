import type { Db } from 'mongodb';
import type { WaitingFor } from '../model/config/waiting-for.ts';
import { JOB_FIELDS, type JobSource } from '../model/job/job-of-session.ts';
import type { BusyParent } from '../model/job/waiting.ts';
import type { Waiter } from '../model/limits/admission-plan.ts';
import type { Failure } from '../model/session/failure.ts';
import type { Session } from '../model/session/session.ts';
import type { StoreClock } from './clock.ts';
import { decodeSession } from './free-json.ts';
import type { SessionDocument } from './mongo.ts';
import { appendOutboxEvent } from './webhook-outbox.ts';

/** What is known of a session that waited: enough for its job. */
export type Standing = JobSource & Pick<Session, 'status' | 'waiting_for'>;

/** A session that waits for its parent, and as much of that one as says whether it goes on waiting. */
export interface Behind {
  session: Pick<Session, 'id' | 'on_busy'>;
  parent: BusyParent | undefined;
}

/** Sessions that wait for something, and the ends of their waits; each is one guarded update. */
export interface WaitingStore {
  /** Those that wait for a key, first come first. */
  ofKey(key: string, limit: number): Promise<Waiter[]>;
  /** Those that wait for a parent's end, first come first. */
  ofParent(parentId: string, limit: number): Promise<Session[]>;
  /** Ends the wait of those that still wait for this; returns how each of the ids stands then. */
  end(ids: readonly string[], wait: WaitingFor): Promise<Standing[]>;
  /** How each of these stands; unknown ids are left out. */
  standings(ids: readonly string[]): Promise<Standing[]>;
  /** Lets one that waits for this, or for nothing, and never began, wait for its key from now on. */
  lineUp(id: string, from: WaitingFor | undefined): Promise<void>;
  /** Fails one that waits for its parent; null where it does not any more. */
  fail(id: string, failure: Omit<Failure, 'at'>): Promise<Session | null>;
  /** Every key that somebody waits for. */
  keys(): AsyncGenerator<string>;
  /** Everybody who waits for a parent. */
  behindParents(): AsyncGenerator<Behind>;
}

const PAGE = 500;

const STANDING = Object.fromEntries(
  [...JOB_FIELDS, 'status', 'waiting_for'].filter((field) => field !== 'id').map((at) => [at, 1]),
);

const PARENT = {
  status: 1,
  lease: 1,
  interrupt_requested_at: 1,
  cancel_requested_at: 1,
} satisfies Record<keyof BusyParent, 1>;

/** The waiting sessions of a database, judged on its clock. */
export function createWaitingStore(db: Db, clock: StoreClock): WaitingStore {
  const collection = db.collection<SessionDocument>('sessions');

  async function standings(ids: readonly string[]): Promise<Standing[]> {
    const documents = await collection
      .find({ _id: { $in: [...ids] } })
      .project<Omit<Standing, 'id'> & { _id: string }>(STANDING)
      .toArray();
    return documents.map(({ _id, ...fields }) => ({ ...fields, id: _id }));
  }

  async function parentsOf(ids: readonly (string | undefined)[]): Promise<Map<string, BusyParent>> {
    const parents = await collection
      .find({ _id: { $in: ids.filter((id) => id !== undefined) } })
      .project<BusyParent & { _id: string }>(PARENT)
      .toArray();
    return new Map(parents.map(({ _id, ...parent }) => [_id, parent]));
  }

  return {
    standings,
    async ofKey(key, limit) {
      const documents = await collection
        .find({ waiting_for: 'concurrency_key', concurrency_key: key })
        .sort({ created_at: 1, _id: 1 })
        .limit(limit)
        .project<Omit<Waiter, 'id'> & { _id: string }>({ concurrency_limit: 1 })
        .toArray();
      return documents.map(({ _id, ...waiter }) => ({ ...waiter, id: _id }));
    },
    async ofParent(parentId, limit) {
      const documents = await collection
        .find({ parent_session_id: parentId, waiting_for: 'parent' })
        .sort({ created_at: 1, _id: 1 })
        .limit(limit)
        .toArray();
      return documents.map(decodeSession);
    },
    async end(ids, wait) {
      await collection.updateMany(
        { _id: { $in: [...ids] }, status: 'queued', waiting_for: wait },
        { $unset: { waiting_for: '' }, $set: { updated_at: await clock.now() } },
      );
      return standings(ids);
    },
    async lineUp(id, from) {
      const was = from ?? { $exists: false };
      await collection.updateOne(
        { _id: id, status: 'queued', 'lease.fence': 0, waiting_for: was },
        { $set: { waiting_for: 'concurrency_key', updated_at: await clock.now() } },
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
    async *keys() {
      const keys = collection.aggregate<{ _id: string }>([
        { $match: { waiting_for: 'concurrency_key' } },
        { $group: { _id: '$concurrency_key' } },
      ]);
      for await (const { _id } of keys) yield _id;
    },
    async *behindParents() {
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
        const parents = await parentsOf(page.map((one) => one.parent_session_id));
        for (const { _id, parent_session_id = '', ...rest } of page) {
          yield { session: { id: _id, ...rest }, parent: parents.get(parent_session_id) };
        }
        const end = page.at(-1);
        if (!end || page.length < PAGE) return;
        last = end._id;
      }
    },
  };
}
