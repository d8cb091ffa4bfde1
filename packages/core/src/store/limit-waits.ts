import type { Db, Filter } from 'mongodb';
import type { WaitingFor } from '../model/config/waiting-for.ts';
import type { Session } from '../model/session/session.ts';
import type { StoreClock } from './clock.ts';
import type { SessionDocument } from './mongo.ts';
import { createListReader, type ListOptions } from './read-document.ts';
import { decodeSession } from './session-codec.ts';

/**
 * How long a claim on a waiting session holds, in milliseconds. After that, another process may
 * claim the session.
 */
const CLAIM_MS = 5_000;

/**
 * The sessions that wait for their limits (`waiting_for: 'budget'`). To end a wait, a process first
 * claims the session. The session's field `passing` stores the claim, and only one process at a
 * time holds it. Each step is one guarded update.
 */
export interface LimitWaits {
  /** Returns the waiting sessions that match and can be read, oldest first. */
  list(filter: LimitWaiterFilter): Promise<Session[]>;
  /**
   * Claims a waiting session under this token, for five seconds. Returns `held_elsewhere` if
   * another process holds the claim, and `not_waiting` if the session no longer waits for its
   * limits.
   */
  claim(id: string, token: string): Promise<Session | 'held_elsewhere' | 'not_waiting'>;
  /** Renews the claim for five seconds. Returns false if the claim was lost. */
  renewClaim(id: string, token: string): Promise<boolean>;
  /**
   * Ends the wait of the claimed session for its limits. If `next` is set, the session then waits
   * for `next`. Returns false if the claim was lost.
   */
  endWait(id: string, token: string, next: WaitingFor | undefined): Promise<boolean>;
  /** Releases the claim. */
  dropClaim(id: string, token: string): Promise<void>;
  /**
   * Deletes the claimed session. Returns false if the session no longer waits, or if the claim was
   * lost.
   */
  withdraw(id: string, token: string): Promise<boolean>;
  /**
   * Makes a session wait for its limits after its parent has ended, even if it did not ask to wait.
   */
  startWait(id: string): Promise<void>;
}

/** The waiting sessions to list. */
export interface LimitWaiterFilter {
  /** If set, only sessions under this limit are listed. */
  limitId?: string;
  /** Sessions under one of these limits are not listed. */
  exceptLimits: readonly string[];
  /**
   * A session that did not ask to wait is listed only if it was created before this time, because
   * its caller then counts as dead.
   */
  madeBefore: Date;
  limit: number;
}

const WAITS = { status: 'queued', waiting_for: 'budget' } as const satisfies Filter<Session>;

/**
 * Creates the operations on the sessions that wait for their limits. MongoDB's clock times the
 * claims.
 */
export function createLimitWaits(db: Db, clock: StoreClock, options: ListOptions = {}): LimitWaits {
  const collection = db.collection<SessionDocument>('sessions');
  const readList = createListReader('sessions', decodeSession, options);

  return {
    async list({ limitId, exceptLimits, madeBefore, limit }) {
      const documents = await collection
        .find({
          waiting_for: 'budget',
          limits: {
            $nin: [...exceptLimits],
            ...(limitId === undefined ? { $exists: true } : { $eq: limitId }),
          },
          // If a session did not ask to wait, at first only the process that stored it may handle
          // it.
          $or: [{ on_limit: 'wait' }, { created_at: { $lte: madeBefore } }],
        })
        .sort({ created_at: 1, _id: 1 })
        .limit(limit)
        .toArray();
      return readList(documents);
    },
    async claim(id, token) {
      const at = await clock.now();
      const expired = new Date(at.getTime() - CLAIM_MS);
      await collection.updateOne(
        { _id: id, ...WAITS, 'passing.at': { $not: { $gt: expired } } },
        { $set: { passing: { token, at } } },
      );
      const document = await collection.findOne({ _id: id, ...WAITS });
      if (!document) return 'not_waiting';
      return document.passing?.token === token ? decodeSession(document) : 'held_elsewhere';
    },
    async renewClaim(id, token) {
      const { matchedCount } = await collection.updateOne(
        { _id: id, 'passing.token': token },
        { $set: { 'passing.at': await clock.now() } },
      );
      return matchedCount > 0;
    },
    async endWait(id, token, next) {
      const updated_at = await clock.now();
      const { matchedCount } = await collection.updateOne(
        { _id: id, ...WAITS, 'passing.token': token },
        next === undefined
          ? { $unset: { waiting_for: '', passing: '' }, $set: { updated_at } }
          : { $unset: { passing: '' }, $set: { waiting_for: next, updated_at } },
      );
      return matchedCount > 0;
    },
    async dropClaim(id, token) {
      await collection.updateOne({ _id: id, 'passing.token': token }, { $unset: { passing: '' } });
    },
    async withdraw(id, token) {
      const { deletedCount } = await collection.deleteOne({
        _id: id,
        ...WAITS,
        'lease.fence': 0,
        'passing.token': token,
      });
      return deletedCount > 0;
    },
    async startWait(id) {
      await collection.updateOne(
        { _id: id, status: 'queued', waiting_for: 'parent' },
        { $set: { waiting_for: 'budget', on_limit: 'wait', updated_at: await clock.now() } },
      );
    },
  };
}
