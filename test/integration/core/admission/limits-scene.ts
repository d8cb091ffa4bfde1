// A scene of several processes that admit sessions under limits, on one database and one queue.
import {
  type Admission,
  createOperatorLimits,
  createSessionServices,
  type Session,
  type SessionManager,
} from '@baton/core/internal';
import type { LimitCaps } from '../../../../packages/core/src/model/limits/limit.ts';
import { makeCompletedSession } from '../../../support/factories.ts';
import { test as base } from '../stores.ts';

/** The parts of a process that admit sessions. */
export interface Process {
  admission: Admission;
  manager: SessionManager;
}

/** What a test can do to sessions under limits, and what it can read of them. */
export interface Limits {
  /** Three processes on one database and one queue. */
  processes: [Process, Process, Process];
  /** Sets the limit of a tag. */
  put(tag: string, caps: LimitCaps): Promise<unknown>;
  holders(tag: string): Promise<string[]>;
  /** Returns what each session waits for, or its status if it waits for nothing. */
  states(ids: readonly string[]): Promise<(string | undefined)[]>;
  set(id: string, fields: Record<string, unknown>): Promise<void>;
  /** Ends the session; every process releases the waiting sessions at the same moment. */
  finish(id: string): Promise<void>;
}

/** `test` with three processes, without a worker. */
export const test = base.extend<{ limits: Limits }>({
  limits: async ({ db, stores, queue }, use) => {
    const { clock, sessions } = stores;
    const start = (): Process => createSessionServices({ stores, clock, queue });
    const processes: Limits['processes'] = [start(), start(), start()];
    const limits = createOperatorLimits({ stores, clock });
    const slots = db.collection<{ _id: string; holders: string[] }>('limit_slots');
    const set: Limits['set'] = async (_id, fields) => {
      await db.collection<{ _id: string }>('sessions').updateOne({ _id }, { $set: fields });
    };
    await use({
      processes,
      put: (tag, caps) => limits.put('tag', tag, caps),
      holders: async (tag) => (await slots.findOne({ _id: `tag:${tag}` }))?.holders ?? [],
      states: async (ids) =>
        Promise.all(
          ids.map(async (id) => {
            const session = await sessions.get(id);
            return session?.waiting_for ?? session?.status;
          }),
        ),
      set,
      async finish(id) {
        const { transcript } = makeCompletedSession({ root_session_id: id });
        await set(id, { status: 'completed', end_time: new Date(), transcript });
        const session = await sessions.get(id);
        if (!session) throw new Error(`expected a session ${id}`);
        await Promise.all(processes.map(({ admission }) => admission.releaseAfter(session)));
      },
    });
  },
});

/** Launches a session under the limits of these tags. */
export const launch = async (
  { manager }: Process,
  tags: string[],
  options: { on_limit?: 'wait'; idempotency_key?: string } = {},
): Promise<Session> =>
  (await manager.acceptance.launch({ query: 'q' }, { tags, ...options })).session;

/** The option that makes a session wait if a limit is reached. */
export const wait = { on_limit: 'wait' } as const;
