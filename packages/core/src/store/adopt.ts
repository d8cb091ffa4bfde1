import { inheritConfig } from '../model/config/continue-config.ts';
import { fileUsesOf } from '../model/config/file-refs.ts';
import { findUnknownFeatures, UnknownFeaturesError } from '../model/config/required-features.ts';
import type { SessionConfig } from '../model/config/session-config.ts';
import { AppError, isAppError } from '../model/errors/app-error.ts';
import type { ErrorCode } from '../model/errors/error-codes.ts';
import { type ContinueJob, checkSize, type Job, jobSchema } from '../model/job/job.ts';
import {
  type AcceptedJob,
  acceptJob,
  queuedSession,
  type SessionOrigin,
} from '../model/job/new-session.ts';
import { refusedSession } from '../model/job/refused-session.ts';
import { defined } from '../model/schema/defined.ts';
import { idSchema } from '../model/schema/id.ts';
import { parseInput } from '../model/schema/parse-input.ts';
import { checkRerunSource } from '../model/session/rerun.ts';
import type { Session } from '../model/session/session.ts';
import type { FoundJob } from '../queue/queued-job.ts';
import { findProblem } from '../queue/readable-job.ts';
import { isStripped } from '../queue/stripped-data.ts';
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts';
import { readContinuePoint } from './continue-point.ts';
import type { ConversationKeyStore } from './conversation-key-store.ts';
import type { EventStore } from './event-store.ts';
import type { FileStore } from './file-store.ts';
import { readRerunOrigin } from './rerun-origin.ts';
import type { SessionStore } from './session-store.ts';

/** Inserts session documents for jobs that have no document yet. */
export interface Adopter {
  /**
   * Returns the session of a job, and inserts its document if there is none. An existing document
   * takes precedence over the job's payload. A job that does not parse, or whose parent is unknown,
   * becomes a failed session. With `isNew` (the id was just created) the adopter does not look for
   * a document first; an existing document still takes precedence.
   *
   * Throws INVALID_REQUEST if the job's id is invalid, SESSION_DELETED if the session was deleted,
   * and SESSION_NOT_FOUND if the job has ended and the session's document is gone. Throws
   * UnknownFeaturesError if the job or its parent's job does not parse and requires a newer version
   * of Baton. None of these jobs gets a document.
   */
  adopt(job: FoundJob, options?: { isNew?: boolean }): Promise<Session>;
  /** Adopts a job that this process has just built from parsed input, without parsing it again. */
  adoptBuilt(job: Job, options?: { isNew?: boolean }): Promise<Session>;
  /**
   * Adopts a job that was built for the conversation of a key. Throws like `adopt`, and also throws
   * the error of a job that cannot become a queued session: such a job gets no document.
   */
  adoptKeyed(job: Job, conversationKey: string): Promise<Session>;
  /**
   * Returns the session with this id. If it has no document, adopts its job from the queue. Returns
   * null if there is no job either, if the session was deleted, or if the job requires a newer
   * version of Baton.
   */
  find(id: string): Promise<Session | null>;
}

/**
 * Creates an adopter. `events` holds the events after which continues begin. `findJob` finds the
 * jobs of parents that have no document yet. `files` keeps the uploaded files that a session uses. The adopter calls `publish` with each inserted
 * session, perhaps twice if two calls race. `sealer` encrypts secrets.
 */
export function createAdopter(
  stores: {
    sessions: SessionStore;
    events: Pick<EventStore, 'page'>;
    conversationKeys: Pick<ConversationKeyStore, 'advance'>;
    files: Pick<FileStore, 'pin'>;
  },
  findJob: (id: string) => Promise<FoundJob | null>,
  publish: (session: Session) => void = () => {},
  sealer: Sealer = NO_SEALER,
): Adopter {
  const { sessions } = stores;
  const insert = createInsert({ ...stores, sealer, find });

  async function adopt(
    job: FoundJob,
    seen: readonly string[],
    { isNew = false, accept = parseJob, conversationKey }: AdoptOptions = {},
  ): Promise<Session> {
    const id = parseInput(idSchema, job.id);
    const found = { ...job, timestamp: plausibleTime(job.timestamp) };
    const existing = isNew ? null : await sessions.get(id);
    if (existing) return existing;
    if (isStripped(job.data)) {
      throw new AppError('SESSION_NOT_FOUND', `session ${id} has ended and its document is gone`);
    }
    const made = await insert(found, { seen: [...seen, id], accept, conversationKey });
    publish(made);
    return made;
  }

  // `seen` holds the ids of the sessions that are being adopted now. It ends the search if jobs
  // name each other as parents in a ring.
  async function find(id: string, seen: readonly string[]): Promise<Session | null> {
    const stored = await sessions.get(id);
    if (stored || seen.includes(id)) return stored;
    const found = await findJob(id);
    if (!found) return null;
    return adopt(found, seen).catch((error: unknown) => {
      // The session was deleted, and this job is a leftover.
      if (isAppError(error) && DELETED_CODES.includes(error.code)) return null;
      throw error;
    });
  }

  return {
    adopt: (job, options) => adopt(job, [], options),
    adoptBuilt: (job, options) =>
      adopt({ id: job.id, data: job, timestamp: Date.now() }, [], {
        ...options,
        accept: ({ timestamp }) => acceptJob(job, timestamp),
      }),
    adoptKeyed: (job, conversationKey) =>
      adopt({ id: job.id, data: job, timestamp: Date.now() }, [], {
        // The insert itself finds a session that is stored already.
        isNew: true,
        accept: ({ timestamp }) => acceptJob(job, timestamp),
        conversationKey,
      }),
    async find(id) {
      return find(id, []).catch((error: unknown) => {
        if (error instanceof UnknownFeaturesError) return null;
        throw error;
      });
    },
  };
}

/** Creates the function that inserts a job's session: queued, or failed if the job is not valid. */
function createInsert({
  sessions,
  events,
  conversationKeys,
  files,
  sealer,
  find,
}: {
  sessions: Pick<SessionStore, 'insertIfAbsent' | 'ancestry'>;
  events: Pick<EventStore, 'page'>;
  conversationKeys: Pick<ConversationKeyStore, 'advance'>;
  files: Pick<FileStore, 'pin'>;
  sealer: Pick<Sealer, 'config'>;
  find: (id: string, seen: readonly string[]) => Promise<Session | null>;
}): (found: FoundJob, options: InsertOptions) => Promise<Session> {
  // A producer reaches only Redis, so nobody may have pinned the files of the job.
  // The insert also encrypts secrets that the session inherits from a parent that was stored before
  // the operator set public keys.
  async function insertQueued(
    job: AcceptedJob<Job>,
    plainConfig: SessionConfig,
    parent?: Session,
    origin?: SessionOrigin,
  ): Promise<Session> {
    const config = await sealer.config(plainConfig, job.id);
    const session = queuedSession(job, config, parent, origin);
    await files.pin(fileUsesOf(config), { session_id: session.id });
    return sessions.insertIfAbsent(session);
  }

  async function findParent(job: ContinueJob, seen: readonly string[]): Promise<Session> {
    const parent = await find(job.parent_session_id, seen);
    if (!parent) {
      throw new AppError('PARENT_NOT_FOUND', `no session ${job.parent_session_id} to continue`, {
        details: { field: 'parent_session_id' },
      });
    }
    return parent;
  }

  // A continue or a rerun of the newest session becomes the newest, except if it branches off with
  // `at`. This is stored before the session: if this process dies in between, the key falls back to
  // the session that was the newest before.
  async function advanceConversation(
    before: Session,
    id: string,
    { conversation_key, continues_at }: SessionOrigin,
  ): Promise<void> {
    if (conversation_key === undefined || continues_at !== undefined) return;
    await conversationKeys.advance(before.id, id);
  }

  async function insertContinue(
    job: AcceptedJob<ContinueJob>,
    seen: readonly string[],
  ): Promise<Session> {
    const parent = await findParent(job, seen);
    const continues_at =
      job.at === undefined ? undefined : await readContinuePoint(events, parent, job.at);
    const config = inheritConfig(parent.config, job.overrides);
    const { conversation_key } = parent;
    const origin = defined({ continues_at, conversation_key });
    await advanceConversation(parent, job.id, origin);
    return insertQueued(job, config, parent, origin);
  }

  async function insertRerun(
    job: AcceptedJob<Job>,
    sourceId: string,
    seen: readonly string[],
  ): Promise<Session> {
    const source = await find(sourceId, seen);
    checkRerunSource(sourceId, source);
    const parent = job.kind === 'continue' ? await findParent(job, seen) : undefined;
    const origin = await readRerunOrigin(sessions, source, job);
    await advanceConversation(source, job.id, origin);
    return insertQueued(job, source.config, parent, origin);
  }

  return async (found, { seen, accept, conversationKey: conversation_key }) => {
    try {
      const accepted = accept(found);
      if (accepted.rerun_of !== undefined) {
        return await insertRerun(accepted, accepted.rerun_of, seen);
      }
      return accepted.kind === 'launch'
        ? await insertQueued(accepted, accepted.config, undefined, defined({ conversation_key }))
        : await insertContinue(accepted, seen);
    } catch (error) {
      if (!isAppError(error) || NOT_JOB_ERRORS.includes(error.code)) throw error;
      if (conversation_key !== undefined) throw error;
      const unknown = findUnknownFeatures(found.data);
      if (unknown.length > 0) throw new UnknownFeaturesError(unknown);
      return sessions.insertIfAbsent(refusedSession(found, error));
    }
  };
}

type Accept = (found: FoundJob) => AcceptedJob<Job>;

interface AdoptOptions {
  isNew?: boolean;
  accept?: Accept;
  conversationKey?: string;
}

interface InsertOptions {
  seen: readonly string[];
  accept: Accept;
  conversationKey: string | undefined;
}

/**
 * The codes of errors that must not make a failed session: the error is transient, or the session
 * was deleted.
 */
const NOT_JOB_ERRORS: readonly ErrorCode[] = ['UNAVAILABLE', 'SESSION_DELETED'];

/** The error codes that mean that a job is the leftover of a deleted session. */
const DELETED_CODES: readonly ErrorCode[] = ['SESSION_DELETED', 'SESSION_NOT_FOUND'];

/**
 * Parses a job's payload, and fills in the defaults. Throws INVALID_REQUEST, which names the field,
 * or PAYLOAD_TOO_LARGE.
 */
export function parseJob(found: FoundJob): AcceptedJob<Job> {
  const problem = findProblem(found.data);
  if (problem !== null) {
    const [field = 'data'] = problem.split(':', 1);
    throw new AppError('INVALID_REQUEST', problem, { details: { field } });
  }
  const job = parseInput(jobSchema, found.data);
  checkSize(job);
  if (job.id !== found.id) {
    throw new AppError('INVALID_REQUEST', `id: expected the job's id ${found.id}`, {
      details: { field: 'id' },
    });
  }
  return acceptJob(job, found.timestamp);
}

// Any BullMQ client can add a job, so its timestamp may be any number. A timestamp outside the
// years 1970 to 9999 counts as now.
function plausibleTime(timestamp: number): number {
  return timestamp >= 0 && timestamp <= Date.UTC(9999, 11, 31) ? timestamp : Date.now();
}
