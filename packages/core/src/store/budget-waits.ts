import type { Db, Filter } from 'mongodb';
import type { WaitingFor } from '../model/config/waiting-for.ts';
import type { Session } from '../model/session/session.ts';
import type { StoreClock } from './clock.ts';
import { decodeSession } from './free-json.ts';
import type { SessionDocument } from './mongo.ts';

/** How long one may let a session pass, in milliseconds, before another may. */
const PASSING_MS = 5_000;

/** Sessions that wait for budgets, each let pass by one caller at a time; each step is one guarded update. */
export interface BudgetWaits {
  /** Those that wait for budgets, first come first. */
  list(asked: BudgetWaiters): Promise<Session[]>;
  /**
   * Takes it upon the bearer of this token to let one pass that waits: nobody else does for five seconds.
   * `taken` where somebody else has, `gone` where it does not wait any more.
   */
  claim(id: string, token: string): Promise<Session | 'taken' | 'gone'>;
  /** Says whether it is the bearer's still, and for another five seconds then. */
  keep(id: string, token: string): Promise<boolean>;
  /** Lets the bearer's session wait for this from now on, or for nothing; false where it is not the bearer's. */
  pass(id: string, token: string, next: WaitingFor | undefined): Promise<boolean>;
  /** Leaves the bearer's session to whoever comes next. */
  release(id: string, token: string): Promise<void>;
  /** Takes the bearer's session away; false where it does not wait any more, or is not the bearer's. */
  withdraw(id: string, token: string): Promise<boolean>;
  /** Lets one whose parent has ended wait for its budgets: from now on it is no more to be refused. */
  enter(id: string): Promise<void>;
}

/** Which of those that wait for budgets. */
export interface BudgetWaiters {
  /** One of theirs is this limit. */
  of?: string;
  /** None of theirs is one of these. */
  but: readonly string[];
  /** Who did not say to wait counts if it was made before this: its caller has died. */
  before: Date;
  limit: number;
}

const WAITS = { status: 'queued', waiting_for: 'budget' } as const satisfies Filter<Session>;

/** The sessions of a database that wait for budgets, judged on its clock. */
export function createBudgetWaits(db: Db, clock: StoreClock): BudgetWaits {
  const collection = db.collection<SessionDocument>('sessions');

  return {
    async list({ of, but, before, limit }) {
      const documents = await collection
        .find({
          waiting_for: 'budget',
          limits: { $nin: [...but], ...(of === undefined ? { $exists: true } : { $eq: of }) },
          // One that is to be refused where it must wait is its caller's alone, for as long as that one lives.
          $or: [{ on_limit: 'wait' }, { created_at: { $lte: before } }],
        })
        .sort({ created_at: 1, _id: 1 })
        .limit(limit)
        .toArray();
      return documents.map(decodeSession);
    },
    async claim(id, token) {
      const at = await clock.now();
      const overdue = new Date(at.getTime() - PASSING_MS);
      await collection.updateOne(
        { _id: id, ...WAITS, 'passing.at': { $not: { $gt: overdue } } },
        { $set: { passing: { token, at } } },
      );
      const document = await collection.findOne({ _id: id, ...WAITS });
      if (!document) return 'gone';
      return document.passing?.token === token ? decodeSession(document) : 'taken';
    },
    async keep(id, token) {
      const { matchedCount } = await collection.updateOne(
        { _id: id, 'passing.token': token },
        { $set: { 'passing.at': await clock.now() } },
      );
      return matchedCount > 0;
    },
    async pass(id, token, next) {
      const updated_at = await clock.now();
      const { matchedCount } = await collection.updateOne(
        { _id: id, ...WAITS, 'passing.token': token },
        next === undefined
          ? { $unset: { waiting_for: '', passing: '' }, $set: { updated_at } }
          : { $unset: { passing: '' }, $set: { waiting_for: next, updated_at } },
      );
      return matchedCount > 0;
    },
    async release(id, token) {
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
    async enter(id) {
      await collection.updateOne(
        { _id: id, status: 'queued', waiting_for: 'parent' },
        { $set: { waiting_for: 'budget', on_limit: 'wait', updated_at: await clock.now() } },
      );
    },
  };
}
