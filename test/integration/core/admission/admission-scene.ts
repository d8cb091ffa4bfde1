// A scene of waiting sessions, without a worker.
import {
  type Admission,
  type ContinueOptions,
  createSessionServices,
  type EnqueueOptions,
  type Session,
  type SessionManager,
  type SessionStop,
} from '@baton/core/internal';
import { makeCompletedSession } from '../../../support/factories.ts';
import { test as base } from '../stores.ts';

/** What a test can do to waiting sessions, and what it can read of them. */
export interface Scene {
  admission: Admission;
  manager: SessionManager;
  stop: SessionStop;
  launch(key: string, options?: EnqueueOptions): Promise<string>;
  behind(parent: string, options?: ContinueOptions): Promise<string>;
  /** Returns what each session waits for, or the state of its job. */
  states(ids: readonly string[]): Promise<(string | undefined)[]>;
  holders(key: string): Promise<string[] | undefined>;
  session(id: string): Promise<Session>;
  /** Writes fields into a session document, as its owner would. */
  set(id: string, fields: Partial<Session>): Promise<void>;
  /** Ends the session without releasing others, like a process that dies right after the ending. */
  die(id: string): Promise<void>;
  /** Ends the session and releases the sessions that waited for it. */
  finish(id: string): Promise<void>;
}

/** `test` with the stores, a queue, and no worker. */
export const test = base.extend<{ scene: Scene }>({
  scene: async ({ db, stores, queue }, use) => {
    const { clock, sessions } = stores;
    const services = createSessionServices({ stores, clock, queue });
    const { admission, manager } = services;
    const set = async (id: string, fields: Partial<Session>) => {
      await db.collection<{ _id: string }>('sessions').updateOne({ _id: id }, { $set: fields });
    };
    const die = (id: string) => {
      const { transcript } = makeCompletedSession({ root_session_id: id });
      return set(id, { status: 'completed', transcript });
    };
    await use({
      admission,
      manager,
      stop: services.stop,
      launch: async (concurrency_key, options) =>
        (await manager.launchSession({ query: 'q' }, { concurrency_key, ...options })).id,
      behind: async (parent_session_id, options) => {
        const request = { parent_session_id, query: 'next' };
        return (await manager.continueSession(request, { on_busy: 'enqueue', ...options })).id;
      },
      states: (ids) =>
        Promise.all(
          ids.map(async (id) => {
            const session = await sessions.get(id);
            if (session?.status !== 'queued') return session?.status;
            const job = await queue.bull.getJobState(id);
            if (!session.waiting_for) return job;
            return job === 'unknown' ? session.waiting_for : `${session.waiting_for}, ${job}`;
          }),
        ),
      holders: async (key) =>
        (
          await db
            .collection<{ _id: string; holders: string[] }>('concurrency')
            .findOne({ _id: key })
        )?.holders,
      async session(id) {
        const found = await sessions.get(id);
        if (!found) throw new Error(`expected a session ${id}`);
        return found;
      },
      set,
      die,
      async finish(id) {
        await die(id);
        const session = await sessions.get(id);
        if (session) await admission.releaseAfter(session);
      },
    });
  },
});

/** The `waiting_for` of a session that waits for its concurrency key. */
export const WAITS = 'concurrency_key';
