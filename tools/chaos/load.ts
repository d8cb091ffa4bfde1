// The clients of a run: they launch sessions and cancel some, and repeat each request until it is answered.
import { setTimeout as delay } from 'node:timers/promises';
import {
  defined,
  isAppError,
  type Producer,
  type SessionManager,
  type SessionStop,
} from '@baton/core/internal';
import type { PlannedSession } from './plan.ts';
import type { Random } from './random.ts';
import { untilAnswered } from './until-answered.ts';

/** A session that a client requested. */
export interface Accepted {
  planned: PlannedSession;
  parent?: string;
}

/** What the clients did. */
export interface Load {
  readonly accepted: Map<string, Accepted>;
  /** The sessions that a client cancelled: true if Baton accepted the cancel, false if the session had ended. */
  readonly cancels: Map<string, boolean>;
  /**
   * Launches one session, and cancels it later if the plan says so. Resolves once both requests are
   * answered.
   */
  launch(planned: PlannedSession): Promise<void>;
  /**
   * Repeats the launches that only Redis knew, as a client does after Redis lost its data. Sessions that have a
   * document are not launched again.
   */
  repeat(hasDocument: (id: string) => Promise<boolean>): Promise<void>;
}

/** What the clients use to launch and cancel sessions. */
export interface LoadOptions {
  manager: SessionManager;
  producer: Producer;
  stop: SessionStop;
  random: Random;
  /** Returns the sessions that are already completed. These can be continued. */
  completed(): readonly string[];
}

/** Creates clients that have launched no session yet. */
export function createLoad({ manager, producer, stop, random, completed }: LoadOptions): Load {
  const accepted = new Map<string, Accepted>();
  const cancels = new Map<string, boolean>();

  async function requestLaunch({ planned, parent }: Accepted): Promise<void> {
    const { id, query } = planned;
    const verbs = planned.isRedisOnly ? producer : manager;
    const config = { query, recovery: { max_crashes: 100, max_retries: 100 } };
    await untilAnswered(async () => {
      if (parent === undefined) await verbs.launchSession(config, { id });
      else await verbs.continueSession({ parent_session_id: parent, ...config }, { id });
    });
  }

  async function cancel(id: string): Promise<void> {
    const isAccepted = await untilAnswered(() => stop.cancelSession(id)).then(
      () => true,
      (error: unknown) => {
        // Only Redis knew this session, and Redis was flushed. The session is launched again, and runs.
        if (isAppError(error) && error.code === 'SESSION_NOT_FOUND') return null;
        if (isAppError(error) && error.code === 'SESSION_TERMINAL') return false;
        throw error;
      },
    );
    if (isAccepted !== null) cancels.set(id, isAccepted);
  }

  return {
    accepted,
    cancels,
    async launch(planned) {
      const parent = planned.isContinue ? random.pick(completed()) : undefined;
      const session: Accepted = { planned, ...defined({ parent }) };
      accepted.set(planned.id, session); // added before the answer, because the client repeats the launch until an answer comes
      await requestLaunch(session);
      if (planned.cancelAfterMs === undefined) return;
      await delay(planned.cancelAfterMs);
      await cancel(planned.id);
    },
    async repeat(hasDocument) {
      for (const session of [...accepted.values()].filter(({ planned }) => planned.isRedisOnly)) {
        if (!(await untilAnswered(() => hasDocument(session.planned.id))))
          await requestLaunch(session);
      }
    },
  };
}
