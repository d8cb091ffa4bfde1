// The clients of a run: they ask for sessions and cancel some, and ask again until they are told.
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

/** How soon a client asks again that got no answer, in milliseconds. */
const RETRY_AFTER_MS = 250;

/** A session that was asked for. */
export interface Accepted {
  planned: PlannedSession;
  parent?: string;
}

/** What the clients did. */
export interface Load {
  readonly accepted: Map<string, Accepted>;
  /** Sessions whose cancel was asked for; true where Baton said yes, false where it had ended already. */
  readonly cancels: Map<string, boolean>;
  /** Asks for one session, and cancels it when its time has come. Resolves once both are settled. */
  launch(planned: PlannedSession): Promise<void>;
  /**
   * Asks again for what only Redis knew: a client whose Redis lost its data does so. Sessions that have
   * a document are not asked for again.
   */
  repeat(hasDocument: (id: string) => Promise<boolean>): Promise<void>;
}

/** What the clients use. */
export interface LoadOptions {
  manager: SessionManager;
  producer: Producer;
  stop: SessionStop;
  random: Random;
  /** The sessions that are completed by now: parents for continues. */
  completed(): readonly string[];
}

/** Clients that have asked for nothing yet. */
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
        // One that only a Redis knew which was flushed: it is asked for again, and runs.
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
      accepted.set(planned.id, session); // before the answer: until then it is asked for again
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

// A client that was told UNAVAILABLE, or that met a store in its fall, does not know: it says the same thing again.
async function untilAnswered<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (isAppError(error) && error.code !== 'UNAVAILABLE') throw error;
      await delay(RETRY_AFTER_MS);
    }
  }
}
