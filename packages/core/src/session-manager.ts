import { AppError } from './model/app-error.ts';
import type { ContinueSessionConfig } from './model/continue-config.ts';
import { type Info, isResumable, toInfo } from './model/info.ts';
import type { Job } from './model/job.ts';
import type { Session } from './model/session.ts';
import type { SessionConfig } from './model/session-config.ts';
import { isTerminal } from './model/status.ts';
import { continueJob, type EnqueueOptions, launchJob } from './queue/producer.ts';
import type { SessionQueue } from './queue/session-queue.ts';
import { createAdopter } from './store/adopt.ts';
import type { SessionFilter, SessionStore } from './store/session-store.ts';

/** A page of Infos, newest first. */
export interface InfoPage {
  sessions: Info[];
  next_cursor?: string;
}

/** The seed's four verbs over Redis and MongoDB. */
export interface SessionManager {
  /** Launches a session; it can be read at once. Throws INVALID_REQUEST, PAYLOAD_TOO_LARGE, UNAVAILABLE. */
  launchSession(config: SessionConfig, options?: EnqueueOptions): Promise<Info>;
  /**
   * Continues a session in a new one. Throws like launchSession, and PARENT_NOT_FOUND,
   * SESSION_NOT_TERMINAL or PARENT_NOT_RESUMABLE where the parent cannot be continued.
   */
  continueSession(request: ContinueSessionConfig, options?: EnqueueOptions): Promise<Info>;
  /** The session's Info; with `include: ['config']` the redacted config too. Throws SESSION_NOT_FOUND. */
  getSessionInfo(id: string, include?: readonly 'config'[]): Promise<Info>;
  /** A page of sessions, newest first; 50 where no limit is given. */
  listSessions(filter?: Partial<SessionFilter>): Promise<InfoPage>;
  /** The document itself, adopted from the queue if need be. Throws SESSION_NOT_FOUND. */
  getSession(id: string): Promise<Session>;
}

/** The session manager over an open queue and store. */
export function createSessionManager({
  queue,
  sessions,
}: {
  queue: SessionQueue;
  sessions: SessionStore;
}): SessionManager {
  const adopter = createAdopter(sessions, (id) => queue.find(id));

  // The enqueued payload is adopted as it was sent, so that the answer can be read at once.
  async function enqueue(job: Job): Promise<Info> {
    await queue.add(job);
    const timestamp = Date.now();
    return toInfo(await adopter.adopt({ id: job.id, data: job, timestamp }));
  }

  async function getSession(id: string): Promise<Session> {
    const session = await adopter.find(id);
    if (!session) throw new AppError('SESSION_NOT_FOUND', `no session ${id}`);
    return session;
  }

  return {
    getSession,
    launchSession: async (config, options) => enqueue(launchJob(config, options)),
    async continueSession(request, options) {
      const job = continueJob(request, options);
      checkParent(request.parent_session_id, await adopter.find(request.parent_session_id));
      return enqueue(job);
    },
    getSessionInfo: async (id, include) => toInfo(await getSession(id), include),
    async listSessions(filter = {}) {
      const { sessions: page, next_cursor } = await sessions.list({ limit: 50, ...filter });
      return {
        sessions: page.map((session) => toInfo(session)),
        ...(next_cursor === undefined ? {} : { next_cursor }),
      };
    },
  };
}

/** Refuses a parent that cannot be continued, each reason with its code; the worker asks again. */
export function checkParent(id: string, parent: Session | null): asserts parent is Session {
  const details = { field: 'parent_session_id' };
  if (!parent) throw new AppError('PARENT_NOT_FOUND', `no session ${id} to continue`, { details });
  if (!isTerminal(parent.status)) {
    throw new AppError(
      'SESSION_NOT_TERMINAL',
      `session ${id} is ${parent.status}; continue it once it has ended`,
      { details: { ...details, status: parent.status } },
    );
  }
  if (!isResumable(parent)) {
    throw new AppError('PARENT_NOT_RESUMABLE', `session ${id} left no transcript to resume`, {
      details,
    });
  }
}
