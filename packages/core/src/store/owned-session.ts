import type { Db, Filter } from 'mongodb';
import { defined } from '../model/schema/defined.ts';
import type { Session } from '../model/session/session.ts';
import { isTerminal, statusesBefore } from '../model/session/status.ts';
import { endingEvent, type OutboxEntry } from '../model/webhooks/webhook-event.ts';
import type { StoreClock } from './clock.ts';
import { FREED_LEASE } from './freed-lease.ts';
import {
  type AttemptRecord,
  createGuardedWriter,
  type FencedAttempt,
  type OwnerNews,
} from './guarded-writer.ts';
import type { SessionDocument } from './mongo.ts';
import { createOwnedMessages, type OwnedMessages } from './owned-messages.ts';
import { requireFeatures } from './required-words.ts';
import { createReturnToQueue, type ReturnToQueue } from './return-to-queue.ts';
import { encodeFields } from './session-codec.ts';
import { appendOutboxEntries, appendOutboxEvent } from './webhook-outbox.ts';

/**
 * Fields that the owner may set while the session runs. A `last_result` of null removes the stored
 * result. `delivered` are the ids of messages that the transcript holds. The write removes them
 * from the pending messages, and removes a stored result of an earlier turn.
 */
export type Progress = {
  last_result?: Session['last_result'] | null;
  delivered?: readonly string[];
} & Partial<
  Pick<
    Session,
    | 'last_event_seq'
    | 'totals'
    | 'transcript'
    | 'workspace'
    | 'superseded'
    | 'claude_session_id'
    | 'model'
  >
>;

/** Fields that the last write of an attempt may set. */
export type Ending = Partial<
  Pick<
    Session,
    | 'result'
    | 'failure'
    | 'error'
    | 'totals'
    | 'transcript'
    | 'workspace'
    | 'stopped_by'
    | 'last_event_seq'
    | 'counts'
    | 'host_failures'
  >
>;

/**
 * The writes of the attempt that holds the fence. Each write is one guarded update, and renews the
 * lease while the session runs. If the attempt no longer holds the session, a write changes nothing
 * and resolves to null.
 */
export interface OwnedSession extends OwnedMessages {
  readonly id: string;
  readonly fence: number;
  /**
   * Moves the session from `starting` to `running`. The worker calls this when it has read the
   * first init line.
   */
  markRunning(facts: Progress & { pid?: number }): Promise<OwnerNews | null>;
  /** Writes progress. Without progress, the write is a heartbeat. */
  commit(progress: Progress): Promise<OwnerNews | null>;
  /**
   * Stores which work of earlier attempts no longer counts, and removes the last result of these
   * attempts. Otherwise this result would conclude the next attempt if this attempt dies before its
   * first line.
   */
  setAside(progress: Progress): Promise<OwnerNews | null>;
  /**
   * Ends the session. Resolves to `pending`, and changes nothing, if the session is to complete but
   * still has messages to deliver. `undelivered` names the messages that may stay undelivered:
   * `any`, or these ids; default: none. With any other status, all pending messages stay
   * undelivered.
   */
  conclude(
    status: 'completed' | 'failed' | 'cancelled',
    ending: Ending,
    record: AttemptRecord,
    options?: { undelivered?: 'any' | readonly string[] },
  ): Promise<OwnerNews | 'pending' | null>;
  readonly returnToQueue: ReturnToQueue;
}

/** The `$unset` of a last result. */
const NO_LAST_RESULT = { last_result: '' } as const;

/** Returns the filter of a session that has no message to deliver, apart from these. */
function nonePendingBut(ids: readonly string[]): Filter<SessionDocument> {
  if (ids.length === 0) return { 'pending_messages.0': { $exists: false } };
  return { pending_messages: { $not: { $elemMatch: { id: { $nin: [...ids] } } } } };
}

function deliveryEntries(ids: readonly string[], attempt: number, at: Date): OutboxEntry[] {
  return ids.map((message_id) => ({ type: 'message.delivered', attempt, at, message_id }));
}

/** Returns the part of an update that takes delivered messages off the pending ones. */
function removeDelivered(delivered: readonly string[]) {
  return delivered.length > 0
    ? { $pull: { pending_messages: { id: { $in: [...delivered] } } } }
    : {};
}

/** The sessions that attempts own. */
export interface OwnedSessions {
  /** Returns the writes of this attempt. The call itself reads and writes nothing. */
  open(attempt: FencedAttempt): OwnedSession;
}

/** Creates the owned sessions of a database. MongoDB's clock times the leases. */
export function createOwnedSessions(db: Db, clock: StoreClock): OwnedSessions {
  return { open: (attempt) => openOwnedSession(db, clock, attempt) };
}

function openOwnedSession(db: Db, clock: StoreClock, fenced: FencedAttempt): OwnedSession {
  const { id, attempt, fence } = fenced;
  const writer = createGuardedWriter(db, clock, fenced);
  const { collection, write, leaseFields, attemptFields } = writer;

  return {
    id,
    fence,
    markRunning({ pid, last_result, delivered = [], ...progress }) {
      const facts = last_result ? { ...progress, last_result } : progress;
      // A session that is already running matches too: MongoDB may have stored an earlier try of
      // this write although its answer was lost.
      return write(['starting', 'running'], (now) => ({
        $set: {
          status: 'running',
          ...leaseFields(now),
          ...encodeFields(facts),
          ...attemptFields(defined({ pid })),
        },
        // A stored last result comes from an earlier attempt. If the result stayed, it would
        // conclude this attempt.
        ...defined({ $unset: last_result ? undefined : NO_LAST_RESULT }),
        ...appendOutboxEntries([
          { type: 'session.started', attempt, at: now },
          ...deliveryEntries(delivered, attempt, now),
        ]),
        ...removeDelivered(delivered),
        ...requireFeatures(progress),
      }));
    },
    commit({ last_result, delivered = [], ...progress }) {
      const isOutdated = last_result === null || (!last_result && delivered.length > 0);
      return write(['starting', 'running'], (now) => ({
        $set: {
          ...leaseFields(now),
          ...encodeFields(last_result ? { ...progress, last_result } : progress),
        },
        ...defined({ $unset: isOutdated ? NO_LAST_RESULT : undefined }),
        ...(delivered.length > 0
          ? appendOutboxEntries(deliveryEntries(delivered, attempt, now))
          : {}),
        ...removeDelivered(delivered),
        ...requireFeatures(progress),
      }));
    },
    setAside(progress) {
      return this.commit({ ...progress, last_result: null });
    },
    async conclude(status, ending, record, { undelivered = [] } = {}) {
      const needsDelivery = status === 'completed' && undelivered !== 'any';
      const held = await write(
        statusesBefore(status).filter((from) => from !== 'queued'),
        (now) => ({
          $set: {
            status,
            end_time: now,
            updated_at: now,
            ...encodeFields(ending),
            ...attemptFields({ ...record, ended_at: now }),
          },
          $unset: { last_result: '', ...FREED_LEASE },
          ...appendOutboxEvent(endingEvent(status), attempt, now),
          ...requireFeatures(ending),
        }),
        needsDelivery ? nonePendingBut(undelivered) : {},
      );
      if (held) return held;
      const found = await collection.findOne(
        { _id: id, 'lease.fence': fence },
        { projection: { status: 1 } },
      );
      // MongoDB may have stored an earlier try of this write although its answer was lost. Then the
      // session has the new status under the fence of this attempt.
      if (found?.status === status) return {};
      return needsDelivery && found && !isTerminal(found.status) ? 'pending' : null;
    },
    returnToQueue: createReturnToQueue(writer, fenced),
    ...createOwnedMessages(writer, fenced),
  };
}
