import type { Admission } from '../admission/admission.ts';
import type { ContinueSessionConfig } from '../model/config/continue-config.ts';
import { namedConversationSchema } from '../model/config/conversation-key.ts';
import type { RequestConfig } from '../model/config/session-config.ts';
import { AppError } from '../model/errors/app-error.ts';
import { type LaunchAnswer, toLaunchAnswer } from '../model/job/launch-answer.ts';
import { defined } from '../model/schema/defined.ts';
import { parseInput } from '../model/schema/parse-input.ts';
import { type Info, toInfo } from '../model/session/info.ts';
import type { Session } from '../model/session/session.ts';
import {
  type ContinueOptions,
  type JobBuilder,
  PARSED_JOBS,
  type RerunOptions,
  TRUSTED_JOBS,
} from '../queue/job-builder.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts';
import type { Adopter } from '../store/adopt.ts';
import type { EventStore } from '../store/event-store.ts';
import type { FileStore } from '../store/file-store.ts';
import type { SessionFilter, SessionStore } from '../store/session-store.ts';
import { type Acceptance, createAcceptance } from './acceptance.ts';
import type { ContentAcceptance } from './content-acceptance.ts';
import { createKeyedLaunch, type KeyedLaunchDeps } from './keyed-launch.ts';
import type { LaunchOptions } from './keyed-request.ts';

/** A page of Infos, newest first. */
export interface InfoPage {
  sessions: Info[];
  next_cursor?: string;
}

/** The four functions of the seed, over Redis and MongoDB. */
export interface SessionManager {
  /**
   * Launches a session, which can be read at once. Throws INVALID_REQUEST, PAYLOAD_TOO_LARGE or UNAVAILABLE, and
   * IDEMPOTENCY_CONFLICT if the idempotency key was used with a different request.
   *
   * With a `conversation_key`, continues the newest session of that conversation if there is one that can be
   * continued, and also throws like continueSession. If the query was sent into a session that has not ended, the
   * answer is the Info of that session, and has a `message`.
   */
  launchSession(config: RequestConfig, options?: LaunchOptions): Promise<LaunchAnswer>;
  /**
   * Continues a session in a new session. Throws like launchSession, and PARENT_NOT_FOUND,
   * SESSION_NOT_TERMINAL or PARENT_NOT_RESUMABLE if the parent cannot be continued. If `on_busy` is
   * `enqueue` or `interrupt`, the new session waits for a parent that has not ended. With `at`,
   * also throws EVENT_NOT_FOUND or EVENT_NOT_IN_TRANSCRIPT if the session cannot continue from that
   * event.
   */
  continueSession(request: ContinueSessionConfig, options?: ContinueOptions): Promise<Info>;
  /**
   * Runs a session again: a new session with the same config and options, its secrets included. A
   * continue is run again as another continue of the same parent. Throws like launchSession and
   * continueSession, and SESSION_NOT_FOUND, or SESSION_NOT_RERUNNABLE if the request of the session
   * was refused.
   */
  rerunSession(id: string, options?: RerunOptions): Promise<Info>;
  /** Returns a session's Info, with its redacted config if `include` contains `config`. Throws SESSION_NOT_FOUND. */
  getSessionInfo(id: string, include?: readonly 'config'[]): Promise<Info>;
  /** Returns a page of sessions, newest first; 50 by default. */
  listSessions(filter?: Partial<SessionFilter>): Promise<InfoPage>;
  /**
   * Launches and continues sessions for callers that have parsed the request themselves, such as the API. The result
   * also says whether the idempotency key was used before.
   */
  acceptance: Acceptance;
  /**
   * Returns the session document. If there is none yet, first adopts the session from the queue. Throws
   * SESSION_NOT_FOUND.
   */
  getSession(id: string): Promise<Session>;
}

/**
 * Creates the session manager over an open queue and store. It calls `announce` for each session of a bulk launch; the
 * adopter announces all other sessions. `sealer` encrypts secrets.
 */
export function createSessionManager({
  queue,
  sessions,
  events,
  files,
  adopter,
  announce,
  admission,
  content,
  sealer = NO_SEALER,
  conversations,
}: {
  queue: SessionQueue;
  sessions: SessionStore;
  events: Pick<EventStore, 'page'>;
  files: Pick<FileStore, 'pin'>;
  adopter: Adopter;
  announce: (session: Session) => void;
  admission: Admission;
  content: ContentAcceptance;
  sealer?: Sealer;
  /** Where the newest sessions of conversations with keys are, and how they get messages. */
  conversations: Omit<KeyedLaunchDeps, 'files' | 'content' | 'adopter' | 'admission' | 'jobs'>;
}): SessionManager {
  const create = (jobs: JobBuilder) => {
    const parts = { files, adopter, admission, content, jobs };
    const launchByKey = createKeyedLaunch({ ...conversations, ...parts });
    const deps = { queue, sessions, events, announce, sealer };
    return createAcceptance({ ...deps, ...parts, launchByKey });
  };
  const acceptance = create(TRUSTED_JOBS);
  const parsing = create(PARSED_JOBS);

  async function getSession(id: string): Promise<Session> {
    const session = await adopter.find(id);
    if (!session) throw new AppError('SESSION_NOT_FOUND', `no session ${id}`);
    return session;
  }

  return {
    getSession,
    acceptance,
    launchSession: async (config, options) => {
      const { conversation_key, on_busy } = options ?? {};
      parseInput(namedConversationSchema, { conversation_key, on_busy });
      return toLaunchAnswer(await parsing.launch(config, options));
    },
    continueSession: async (request, options) =>
      toInfo((await parsing.continue(request, options)).session),
    rerunSession: async (id, options) => toInfo((await parsing.rerun(id, options)).session),
    getSessionInfo: async (id, include) => toInfo(await getSession(id), include),
    async listSessions(filter = {}) {
      const { sessions: page, next_cursor } = await sessions.list({ limit: 50, ...filter });
      return {
        sessions: page.map((session) => toInfo(session)),
        ...defined({ next_cursor }),
      };
    },
  };
}
