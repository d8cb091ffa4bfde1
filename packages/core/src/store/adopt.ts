import { inheritConfig } from '../model/config/continue-config.ts';
import { findUnknownFeatures, UnknownFeaturesError } from '../model/config/required-features.ts';
import type { SessionConfig } from '../model/config/session-config.ts';
import { AppError, isAppError } from '../model/errors/app-error.ts';
import type { ErrorCode } from '../model/errors/error-codes.ts';
import { type ContinueJob, checkSize, type Job, jobSchema } from '../model/job/job.ts';
import { type AcceptedJob, acceptJob, queuedSession } from '../model/job/new-session.ts';
import { refusedSession } from '../model/job/refused-session.ts';
import { idSchema } from '../model/schema/id.ts';
import { parseInput } from '../model/schema/parse-input.ts';
import type { Session } from '../model/session/session.ts';
import type { FoundJob } from '../queue/queued-job.ts';
import { findProblem } from '../queue/readable-job.ts';
import { isStripped } from '../queue/stripped-data.ts';
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts';
import type { SessionStore } from './session-store.ts';

/** Creates the documents of jobs that have none, in the process that reads such a job first. */
export interface Adopter {
  /**
   * The session of a job, made if absent; a document that exists wins over the payload. A job that does
   * not parse, or whose parent is unknown, becomes a failed session. Throws INVALID_REQUEST where not
   * even the job's id is usable, SESSION_DELETED where its session was deleted, and UnknownFeaturesError
   * where the job (or its parent's) does not parse and requires a newer version: it gets no document. With
   * `isNew` (its id was just created) the read that looks for a document is skipped; one that is there still
   * wins.
   */
  adopt(job: FoundJob, options?: { isNew?: boolean }): Promise<Session>;
  /** The same for a job that this process has just built from parsed input: it is not parsed again. */
  adoptBuilt(job: Job, options?: { isNew?: boolean }): Promise<Session>;
  /** The session of this id, adopted from the queue if need be; null also where that needs a newer version. */
  find(id: string): Promise<Session | null>;
}

/**
 * Adoption into a store; parents that have no document yet are found in the queue. `publish` is called with
 * each session that was inserted; where two calls race, perhaps twice. `sealer` encrypts secrets.
 */
export function createAdopter(
  sessions: SessionStore,
  findJob: (id: string) => Promise<FoundJob | null>,
  publish: (session: Session) => void = () => {},
  sealer: Sealer = NO_SEALER,
): Adopter {
  const insert = createInsert({ sessions, sealer, find });

  async function adopt(
    job: FoundJob,
    seen: readonly string[],
    { isNew = false, accept = parseJob }: AdoptOptions = {},
  ): Promise<Session> {
    const id = parseInput(idSchema, job.id);
    const found = { ...job, timestamp: plausibleTime(job.timestamp) };
    const existing = isNew ? null : await sessions.get(id);
    if (existing) return existing;
    if (isStripped(job.data)) {
      throw new AppError('SESSION_NOT_FOUND', `session ${id} has ended and its document is gone`);
    }
    const made = await insert(found, [...seen, id], accept);
    publish(made);
    return made;
  }

  // `seen` ends a ring of jobs that name each other as parents.
  async function find(id: string, seen: readonly string[]): Promise<Session | null> {
    const stored = await sessions.get(id);
    if (stored || seen.includes(id)) return stored;
    const found = await findJob(id);
    if (!found) return null;
    return adopt(found, seen).catch((error: unknown) => {
      // A job that outlived its session.
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
    async find(id) {
      return find(id, []).catch((error: unknown) => {
        if (error instanceof UnknownFeaturesError) return null;
        throw error;
      });
    },
  };
}

/** Inserts the document of a job: queued, or failed where the job cannot become a session. */
function createInsert({
  sessions,
  sealer,
  find,
}: {
  sessions: Pick<SessionStore, 'insertIfAbsent'>;
  sealer: Pick<Sealer, 'config'>;
  find: (id: string, seen: readonly string[]) => Promise<Session | null>;
}): (found: FoundJob, seen: readonly string[], accept: Accept) => Promise<Session> {
  // Secrets that the parent stored before there were keys are encrypted now, too.
  async function insertQueued(
    job: AcceptedJob<Job>,
    plainConfig: SessionConfig,
    parent?: Session,
  ): Promise<Session> {
    const config = await sealer.config(plainConfig, job.id);
    return sessions.insertIfAbsent(queuedSession(job, config, parent));
  }

  async function insertContinue(
    job: AcceptedJob<ContinueJob>,
    seen: readonly string[],
  ): Promise<Session> {
    const parent = await find(job.parent_session_id, seen);
    if (!parent) {
      throw new AppError('PARENT_NOT_FOUND', `no session ${job.parent_session_id} to continue`, {
        details: { field: 'parent_session_id' },
      });
    }
    return insertQueued(job, inheritConfig(parent.config, job.overrides), parent);
  }

  return async (found, seen, accept) => {
    try {
      const accepted = accept(found);
      return accepted.kind === 'launch'
        ? await insertQueued(accepted, accepted.config)
        : await insertContinue(accepted, seen);
    } catch (error) {
      if (!isAppError(error) || NOT_JOB_ERRORS.includes(error.code)) throw error;
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
}

/** Errors that must not become a failed session: they are transient, or the session was deleted. */
const NOT_JOB_ERRORS: readonly ErrorCode[] = ['UNAVAILABLE', 'SESSION_DELETED'];

/** The codes of jobs whose session was deleted: the job is a leftover. */
const DELETED_CODES: readonly ErrorCode[] = ['SESSION_DELETED', 'SESSION_NOT_FOUND'];

/** The payload of a job with its defaults filled in; throws INVALID_REQUEST naming the field, PAYLOAD_TOO_LARGE. */
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

// A raw job's timestamp may be any number; one that is no time in four-digit years counts as now.
function plausibleTime(timestamp: number): number {
  return timestamp >= 0 && timestamp <= Date.UTC(9999, 11, 31) ? timestamp : Date.now();
}
