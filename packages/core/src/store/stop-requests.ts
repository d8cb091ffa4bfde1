import type { Db } from 'mongodb';
import { AppError } from '../model/errors/app-error.ts';
import { defined } from '../model/schema/defined.ts';
import type { Session } from '../model/session/session.ts';
import { isTerminal, LIVE_STATUSES } from '../model/session/status.ts';
import type { StoreClock } from './clock.ts';
import type { SessionDocument } from './mongo.ts';
import { decodeSession, encodeFields } from './session-codec.ts';
import { appendOutboxEvent } from './webhook-outbox.ts';

/** Requests to stop a session. The session document stores them, so they outlive every process. */
export interface StopRequests {
  /**
   * Requests the end of a session. A queued session is cancelled at once. A running session is
   * cancelled by its worker. A second request changes nothing. Throws SESSION_NOT_FOUND and
   * SESSION_TERMINAL.
   */
  requestCancel(id: string): Promise<Session>;
  /**
   * Requests the end of the turn. The worker completes the session with the results so far. A
   * queued session loses its delay. A session that never ran has no result, so it is cancelled.
   * Throws SESSION_NOT_FOUND and SESSION_TERMINAL.
   */
  requestInterrupt(id: string): Promise<Session>;
  /**
   * Returns the ids of the sessions with this tag that have not ended and were not asked to cancel:
   * at most `limit`, newest first.
   */
  findCancellable(tag: string, limit: number): Promise<string[]>;
}

/** Creates the stop requests of a database. */
export function createStopRequests(db: Db, clock: StoreClock): StopRequests {
  const collection = db.collection<SessionDocument>('sessions');

  async function mark(
    id: string,
    field: 'cancel_requested_at' | 'interrupt_requested_at',
  ): Promise<Session> {
    const now = await clock.now();
    const { matchedCount } = await collection.updateOne(
      { _id: id, status: { $in: [...LIVE_STATUSES] }, [field]: { $exists: false } },
      { $set: { [field]: now, updated_at: now } },
    );
    const document = await collection.findOne({ _id: id });
    if (!document) throw new AppError('SESSION_NOT_FOUND', `no session ${id}`);
    const session = decodeSession(document);
    // A stored request was accepted, even if the session has ended since then.
    if (matchedCount === 0 && isTerminal(session.status)) throw terminal(session);
    return session;
  }

  async function cancelQueued(session: Session): Promise<Session> {
    const now = await clock.now();
    const document = await collection.findOneAndUpdate(
      { _id: session.id, status: 'queued', cancel_requested_at: { $exists: true } },
      {
        $set: {
          status: 'cancelled',
          end_time: now,
          updated_at: now,
          // A session that waits to take another message has an answer already.
          ...encodeFields(defined({ result: session.last_result })),
        },
        $unset: { last_result: '', waiting_for: '', not_before: '' },
        ...appendOutboxEvent('session.cancelled', session.attempts.length, now),
      },
      { returnDocument: 'after' },
    );
    return document ? decodeSession(document) : session;
  }

  async function promote(session: Session): Promise<Session> {
    const document = await collection.findOneAndUpdate(
      { _id: session.id, status: 'queued' },
      { $unset: { not_before: '' } },
      { returnDocument: 'after' },
    );
    return document ? decodeSession(document) : session;
  }

  async function requestCancel(id: string): Promise<Session> {
    const session = await mark(id, 'cancel_requested_at');
    return session.status === 'queued' ? cancelQueued(session) : session;
  }

  return {
    requestCancel,
    async findCancellable(tag, limit) {
      const found = await collection
        .find({
          tags: tag,
          status: { $in: [...LIVE_STATUSES] },
          cancel_requested_at: { $exists: false },
        })
        .project<{ _id: string }>({ _id: 1 })
        .sort({ created_at: -1, _id: -1 })
        .limit(limit)
        .toArray();
      return found.map(({ _id }) => _id);
    },
    async requestInterrupt(id) {
      const session = await mark(id, 'interrupt_requested_at');
      if (session.status !== 'queued') return session;
      return session.attempts.length === 0 ? requestCancel(id) : promote(session);
    },
  };
}

function terminal(session: Session): AppError {
  return new AppError('SESSION_TERMINAL', `session ${session.id} is already ${session.status}`, {
    details: { status: session.status },
  });
}
