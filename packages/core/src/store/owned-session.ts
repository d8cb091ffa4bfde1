import type { Db, UpdateFilter } from 'mongodb';
import { defined } from '../model/schema/defined.ts';
import type { Attempt, Session } from '../model/session/session.ts';
import { type SessionStatus, statusesBefore } from '../model/session/status.ts';
import { endingEvent } from '../model/webhooks/webhook-event.ts';
import type { StoreClock } from './clock.ts';
import type { SessionDocument } from './mongo.ts';
import { encodeFields } from './session-codec.ts';
import { appendOutboxEvent } from './webhook-outbox.ts';

/** The requests to stop a session. Each write of the session's owner returns them. */
export interface StopTimes {
  cancel_requested_at?: Date;
  interrupt_requested_at?: Date;
}

/**
 * Fields that the owner may set while the session runs. A `last_result` of null removes the stored
 * result.
 */
export type Progress = { last_result?: Session['last_result'] | null } & Partial<
  Pick<
    Session,
    'last_event_seq' | 'totals' | 'transcript' | 'superseded' | 'claude_session_id' | 'model'
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
    | 'stopped_by'
    | 'last_event_seq'
    | 'counts'
    | 'host_failures'
  >
>;

/**
 * Fields of the attempt's own entry in the session's `attempts`. The last write of the attempt
 * completes them.
 */
export type AttemptRecord = Partial<Pick<Attempt, 'outcome' | 'failure' | 'exit_late_ms' | 'pid'>>;

/**
 * The writes of the attempt that holds the fence. Each write is one guarded update, and renews the
 * lease while the session runs. If the attempt no longer holds the session, a write changes nothing
 * and resolves to null.
 */
export interface OwnedSession {
  readonly id: string;
  readonly fence: number;
  /**
   * Moves the session from `starting` to `running`. The worker calls this when it has read the
   * first init line.
   */
  markRunning(facts: Progress & { pid?: number }): Promise<StopTimes | null>;
  /** Writes progress. Without progress, the write is a heartbeat. */
  commit(progress: Progress): Promise<StopTimes | null>;
  /**
   * Stores which work of earlier attempts no longer counts, and removes the last result of these
   * attempts. Otherwise this result would conclude the next attempt if this attempt dies before its
   * first line.
   */
  setAside(progress: Progress): Promise<StopTimes | null>;
  /** Ends the session. */
  conclude(
    status: 'completed' | 'failed' | 'cancelled',
    ending: Ending,
    record: AttemptRecord,
  ): Promise<StopTimes | null>;
  /**
   * Returns the session to the queue for another attempt. Stores the totals and the transcript of
   * this attempt, and adds one to the count of returns for this reason. If a cancel was requested,
   * cancels the session instead.
   */
  returnToQueue(
    back: Pick<Progress, 'totals' | 'transcript'> & {
      reason: ReturnReason;
      not_before?: Date;
      host_failures?: Session['host_failures'];
    },
    record: AttemptRecord,
  ): Promise<'queued' | 'cancelled' | null>;
}

/**
 * Why a session returns to the queue. `retry`: the attempt failed, and Baton tries the session
 * again. `hand_back`: the worker drains or cannot reach a store. `host_failure`: the machine kept
 * the attempt from starting.
 */
export type ReturnReason = 'retry' | 'hand_back' | 'host_failure';

const COUNTED_AS = {
  retry: 'retries',
  hand_back: 'hand_backs',
  host_failure: 'host_failures',
} as const satisfies Record<ReturnReason, keyof Session['counts']>;

/** The `$unset` of a last result. */
const NO_LAST_RESULT = { last_result: '' } as const;

/** One attempt of a session, and the fence that guards each of its writes. */
export interface FencedAttempt {
  /** The id of the session. */
  id: string;
  attempt: number;
  fence: number;
  /** For how long each write renews the lease, in milliseconds. */
  leaseMs: number;
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
    markRunning({ pid, last_result, ...progress }) {
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
        ...appendOutboxEvent('session.started', attempt, now),
      }));
    },
    commit({ last_result, ...progress }) {
      return write(['starting', 'running'], (now) => ({
        $set: {
          ...leaseFields(now),
          ...encodeFields(last_result ? { ...progress, last_result } : progress),
        },
        ...defined({ $unset: last_result === null ? NO_LAST_RESULT : undefined }),
      }));
    },
    setAside(progress) {
      return this.commit({ ...progress, last_result: null });
    },
    async conclude(status, ending, record) {
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
          $unset: { last_result: '', 'lease.expires_at': '', 'lease.owner': '' },
          ...appendOutboxEvent(endingEvent(status), attempt, now),
        }),
      );
      if (held) return held;
      // MongoDB may have stored an earlier try of this write although its answer was lost. Then the
      // session has the new status under the fence of this attempt.
      const taken = await collection.countDocuments({ _id: id, 'lease.fence': fence, status });
      return taken > 0 ? {} : null;
    },
    returnToQueue: createReturnToQueue(writer, fenced),
  };
}

type GuardedWriter = ReturnType<typeof createGuardedWriter>;

/**
 * Creates the guarded writes of an attempt. They change the session only while it has the attempt's
 * fence.
 */
function createGuardedWriter(
  db: Db,
  clock: StoreClock,
  { id, attempt, fence, leaseMs }: FencedAttempt,
) {
  const collection = db.collection<SessionDocument>('sessions');
  const mine = `attempts.${attempt - 1}`;

  async function write(
    from: readonly SessionStatus[],
    update: (now: Date) => UpdateFilter<SessionDocument>,
    extra: { cancel_requested_at?: { $exists: boolean } } = {},
  ): Promise<StopTimes | null> {
    const now = await clock.now();
    const document = await collection.findOneAndUpdate(
      { _id: id, 'lease.fence': fence, status: { $in: [...from] }, ...extra },
      update(now),
      {
        returnDocument: 'after',
        projection: { cancel_requested_at: 1, interrupt_requested_at: 1 },
      },
    );
    if (!document) return null;
    const { cancel_requested_at, interrupt_requested_at } = document;
    return defined({ cancel_requested_at, interrupt_requested_at });
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

function createReturnToQueue(
  { collection, write, attemptFields }: GuardedWriter,
  { id, attempt, fence }: FencedAttempt,
): OwnedSession['returnToQueue'] {
  return async ({ reason, not_before, host_failures, ...kept }, record) => {
    // Without this $unset the last result would conclude the next attempt before it begins.
    const released = { last_result: '', 'lease.expires_at': '', 'lease.owner': '' } as const;
    const fields = (now: Date) => ({
      updated_at: now,
      ...encodeFields(kept),
      ...defined({ host_failures }),
      ...attemptFields({ ...record, ended_at: now }),
    });
    const queued = await write(
      ['starting', 'running'],
      (now) => ({
        $set: { status: 'queued', ...fields(now), ...defined({ not_before }) },
        $unset: released,
        $inc: { [`counts.${COUNTED_AS[reason]}`]: 1 },
        // A hand-back or a host failure makes no webhook event, because the session did not fail.
        ...(reason === 'retry' ? appendOutboxEvent('session.retried', attempt, now) : {}),
      }),
      { cancel_requested_at: { $exists: false } },
    );
    if (queued) return 'queued';
    const cancelled = await write(
      ['starting', 'running'],
      (now) => ({
        $set: { status: 'cancelled', end_time: now, ...fields(now) },
        $unset: released,
        ...appendOutboxEvent('session.cancelled', attempt, now),
      }),
      { cancel_requested_at: { $exists: true } },
    );
    if (cancelled) return 'cancelled';
    // MongoDB may have stored an earlier try of this write although its answer was lost.
    const taken = await collection.findOne(
      { _id: id, 'lease.fence': fence, status: { $in: ['queued', 'cancelled'] } },
      { projection: { status: 1 } },
    );
    return taken && (taken.status === 'queued' ? 'queued' : 'cancelled');
  };
}
