import type { Db, Filter, FindOneAndUpdateOptions, UpdateFilter } from 'mongodb';
import { defined } from '../model/schema/defined.ts';
import type { PendingMessage } from '../model/session/pending-message.ts';
import type { Attempt } from '../model/session/session.ts';
import type { SessionStatus } from '../model/session/status.ts';
import type { StoreClock } from './clock.ts';
import type { SessionDocument } from './mongo.ts';

/**
 * What a session's owner learns from each of its writes: the requests to stop the session, and the
 * messages that the session still has to deliver.
 */
export interface OwnerNews {
  cancel_requested_at?: Date;
  interrupt_requested_at?: Date;
  pending_messages?: PendingMessage[];
}

/** One attempt of a session, and the fence that guards each of its writes. */
export interface FencedAttempt {
  /** The id of the session. */
  id: string;
  attempt: number;
  fence: number;
  /** For how long each write renews the lease, in milliseconds. */
  leaseMs: number;
}

/**
 * Fields of the attempt's own entry in the session's `attempts`. The last write of the attempt
 * completes them.
 */
export type AttemptRecord = Partial<Pick<Attempt, 'outcome' | 'failure' | 'exit_late_ms' | 'pid'>>;

/** The guarded writes of an attempt. */
export type GuardedWriter = ReturnType<typeof createGuardedWriter>;

/**
 * Creates the guarded writes of an attempt. They change the session only while it has the attempt's
 * fence.
 */
export function createGuardedWriter(
  db: Db,
  clock: StoreClock,
  { id, attempt, fence, leaseMs }: FencedAttempt,
) {
  const collection = db.collection<SessionDocument>('sessions');
  const mine = `attempts.${attempt - 1}`;

  async function write(
    from: readonly SessionStatus[],
    update: (now: Date) => UpdateFilter<SessionDocument>,
    extra: Filter<SessionDocument> = {},
    options: Pick<FindOneAndUpdateOptions, 'arrayFilters'> = {},
  ): Promise<OwnerNews | null> {
    const now = await clock.now();
    const document = await collection.findOneAndUpdate(
      { _id: id, 'lease.fence': fence, status: { $in: [...from] }, ...extra },
      update(now),
      {
        returnDocument: 'after',
        projection: { cancel_requested_at: 1, interrupt_requested_at: 1, pending_messages: 1 },
        ...options,
      },
    );
    if (!document) return null;
    const { cancel_requested_at, interrupt_requested_at, pending_messages } = document;
    return defined({ cancel_requested_at, interrupt_requested_at, pending_messages });
  }

  function leaseFields(now: Date) {
    return { updated_at: now, 'lease.expires_at': new Date(now.getTime() + leaseMs) };
  }

  function attemptFields(record: AttemptRecord & { ended_at?: Date }): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(record).map(([key, value]) => [`${mine}.${key}`, value]),
    );
  }

  return { collection, write, leaseFields, attemptFields };
}
