// Fails sessions that no worker can run, because their documents do not have the form that Baton
// writes.
import type { Db } from 'mongodb';
import { findUnknownFeatures } from '../model/config/required-features.ts';
import { queuedSession } from '../model/job/new-session.ts';
import { defined } from '../model/schema/defined.ts';
import type { Session } from '../model/session/session.ts';
import { LIVE_STATUSES } from '../model/session/status.ts';
import type { StoreClock } from './clock.ts';
import { FREED_LEASE } from './freed-lease.ts';
import type { SessionDocument } from './mongo.ts';
import { decodeSession, encodeSession } from './session-codec.ts';
import { sessionDocumentSchema } from './session-document-schema.ts';
import { appendOutboxEvent } from './webhook-outbox.ts';

/**
 * The result of `fail`: the slots that the failed session held, and the session itself if its
 * document can now be read.
 */
export interface FailedSession {
  slots: Pick<Session, 'id' | 'concurrency_key' | 'limits'>;
  session: Session | null;
}

/** Fails sessions that no worker can run. */
export interface UnusableSessions {
  /**
   * Fails a session with INTERNAL and this message, in one guarded update. Fields of a wrong form
   * get the values of a new session, so that the session can be read. Returns null if there is no
   * such session, if it has ended, if a worker holds its lease, or if it requires a newer version
   * of Baton.
   */
  fail(id: string, message: string): Promise<FailedSession | null>;
}

/** Fields that the update of `fail` writes itself, so their form does not matter. */
const WRITTEN = ['failure', 'end_time', 'not_before', 'updated_at', 'status'];

/**
 * Creates the function that fails unusable sessions. MongoDB's clock decides whether a lease holds.
 */
export function createUnusableSessions(db: Db, clock: StoreClock): UnusableSessions {
  const collection = db.collection<SessionDocument>('sessions');
  return {
    async fail(id, message) {
      const found = await collection.findOne({ _id: id });
      // A newer version of Baton may store a form that looks wrong to this version.
      if (!found || findUnknownFeatures(found).length > 0) return null;
      const now = await clock.now();
      const { set, unset } = buildRepairs(found, now);
      const attempt = Array.isArray(found.attempts) ? found.attempts.length : 0;
      const failure = { code: 'INTERNAL', message, retryable: false, attempt, at: now } as const;
      const released = 'lease' in set ? {} : FREED_LEASE;
      const failed = await collection.findOneAndUpdate(
        {
          _id: id,
          status: { $in: [...LIVE_STATUSES] },
          'lease.fence': found.lease?.fence ?? { $exists: false },
          $or: [
            { 'lease.expires_at': { $exists: false } },
            { 'lease.expires_at': { $lte: now } },
            { 'lease.expires_at': { $not: { $type: 'date' } } },
          ],
        },
        {
          $set: {
            ...set,
            status: 'failed',
            failure,
            error: message,
            end_time: now,
            updated_at: now,
          },
          $unset: { ...unset, ...released, waiting_for: '', not_before: '', last_result: '' },
          ...appendOutboxEvent('session.failed', attempt, now),
        },
        { returnDocument: 'after' },
      );
      return failed && { slots: getSlots(failed), session: readOrNull(failed) };
    },
  };
}

function buildRepairs(
  document: SessionDocument,
  now: Date,
): { set: Partial<SessionDocument>; unset: Record<string, ''> } {
  const fields = sessionDocumentSchema
    .safeParse(document)
    .error?.issues.map(({ path }) => String(path[0]));
  const wrong = new Set(fields?.filter((field) => !WRITTEN.includes(field)));
  const id = document._id;
  const job = { version: 1, kind: 'launch', id, run_id: id, config: { query: '' } } as const;
  const blank = encodeSession(
    queuedSession({ ...job, created_at: now.toISOString() }, { query: '' }),
  );
  const values = Object.entries(blank);
  const known = values.filter(([field]) => field !== '_id' && wrong.has(field));
  const unknown = [...wrong].filter((field) => !(field in blank));
  return {
    set: Object.fromEntries(known),
    unset: Object.fromEntries(unknown.map((field) => [field, ''] as const)),
  };
}

function getSlots({ _id: id, concurrency_key, limits }: SessionDocument): FailedSession['slots'] {
  return {
    id,
    ...defined({
      concurrency_key: typeof concurrency_key === 'string' ? concurrency_key : undefined,
      limits: Array.isArray(limits) ? limits : undefined,
    }),
  };
}

function readOrNull(document: SessionDocument): Session | null {
  try {
    return decodeSession(document);
  } catch {
    // A field that holds JSON of a caller or of the CLI cannot be parsed. `fail` does not repair
    // such a field.
    return null;
  }
}
