import type { Db } from 'mongodb';
import { JOB_FIELDS, type JobSource } from '../model/job/job-of-session.ts';
import type { Session } from '../model/session/session.ts';
import { isTerminal, SESSION_STATUSES } from '../model/session/status.ts';
import type { StoreClock } from './clock.ts';
import type { SessionDocument } from './mongo.ts';

/** The reads of the reconciler. */
export interface ReconcileStore {
  /**
   * Yields, in pages, the sessions that should have a job: queued sessions that wait for nothing,
   * and sessions with an expired lease.
   */
  needingJobs(): AsyncGenerator<JobSource[]>;
  /**
   * Returns which of these ids have no document, and which ids have a document with a terminal
   * status.
   */
  classify(ids: readonly string[]): Promise<{ unknown: string[]; terminal: string[] }>;
}

const PAGE = 500;

const TERMINAL = SESSION_STATUSES.filter(isTerminal);

// The scan reads only the fields that jobs are made from, because a config may be a megabyte and
// the queue may be long.
const JOB_PROJECTION = Object.fromEntries(
  JOB_FIELDS.filter((field) => field !== 'id').map((field) => [field, 1]),
);

/**
 * Creates the reconciler's reads of a database. MongoDB's clock decides whether a lease has
 * expired.
 */
export function createReconcileStore(db: Db, clock: StoreClock): ReconcileStore {
  const collection = db.collection<SessionDocument>('sessions');
  return {
    async *needingJobs() {
      const now = await clock.now();
      const cursor = collection
        .find({
          $or: [
            { status: 'queued', waiting_for: { $exists: false } },
            { status: { $in: ['starting', 'running'] }, 'lease.expires_at': { $lte: now } },
          ],
        })
        .project<Omit<JobSource, 'id'> & { _id: string }>(JOB_PROJECTION)
        .batchSize(PAGE);
      let page: JobSource[] = [];
      for await (const { _id, ...fields } of cursor) {
        page.push({ id: _id, ...fields });
        if (page.length < PAGE) continue;
        yield page;
        page = [];
      }
      if (page.length > 0) yield page;
    },
    async classify(ids) {
      const documents = await collection
        .find({ _id: { $in: [...ids] } })
        .project<{ _id: string; status: Session['status'] }>({ status: 1 })
        .toArray();
      const statuses = new Map(documents.map(({ _id, status }) => [_id, status]));
      return {
        unknown: ids.filter((id) => !statuses.has(id)),
        terminal: ids.filter((id) => TERMINAL.some((status) => status === statuses.get(id))),
      };
    },
  };
}
