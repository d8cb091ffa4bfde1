// Sessions that wait for a budget, a parent's end or a slot of their concurrency key, and how they go on.
import type { Db } from 'mongodb';
import type { JobOptions } from '../model/config/session-options.ts';
import { jobOfSession } from '../model/job/job-of-session.ts';
import { isLimited } from '../model/job/waiting.ts';
import { type LimitReached, limitIdsOf } from '../model/limits/limit.ts';
import type { Session } from '../model/session/session.ts';
import type { LivePublisher } from '../queue/live.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import { createBudgetWaits } from '../store/budget-waits.ts';
import type { StoreClock } from '../store/clock.ts';
import { forEachIsolated } from '../store/for-each-isolated.ts';
import { createLimitStore } from '../store/limit-store.ts';
import { createSessionStore } from '../store/session-store.ts';
import { createSlotStore } from '../store/slot-store.ts';
import { createStopRequests } from '../store/stop-requests.ts';
import { createUsageStore } from '../store/usage-store.ts';
import { createWaitingStore, type Standing } from '../store/waiting-store.ts';
import { createBudgetAdmission, type Passage } from './budget-admission.ts';
import { createBudgetRoom } from './budget-room.ts';
import { createKeyAdmission, type KeyedSession } from './key-admission.ts';
import { createParentAdmission } from './parent-admission.ts';

/** How many children of one parent go on at a time. */
const BATCH = 100;

/**
 * Lets sessions go on that wait, once what they wait for lets them. Every step may be done twice, by
 * several at once, and be cut off by a crash: `repair` finds what was left.
 */
export interface Admission {
  /** The limits that there are for a session of this job. */
  limitsOf(job: JobOptions): Promise<string[]>;
  /** Which of these limits keeps a further session out now; null where there is room. */
  lookAt(limits: readonly string[]): Promise<LimitReached | null>;
  /**
   * Lets a session that waits for its budgets pass, or says what keeps it, and how it stands then: null
   * where it is gone. With `refuse`, one that is kept and did not say to wait is taken away.
   */
  passBudget(
    session: Session,
    how: { refuse: boolean },
  ): Promise<{ session: Session | null; passage: Passage }>;
  /** Does for a queued session what can be done now; returns it as it stands then. */
  advance(session: Session): Promise<Session>;
  /** The same for new sessions that wait for concurrency keys, together. */
  advanceAll(sessions: readonly Session[]): Promise<void>;
  /** A session has ended: what waits for it, or for its slot, goes on. Harmless said twice. */
  ended(session: Pick<Session, 'id' | 'concurrency_key' | 'limits'>): Promise<void>;
  /** Gives a session that is queued and waits for nothing a job, where it has none. */
  enqueue(id: string): Promise<void>;
  /** Does all that a crash or an outage kept from being done; returns how many sessions went on by it. */
  repair(): Promise<number>;
}

/** The admission of a database's sessions to a queue. */
export function createAdmission({
  db,
  clock,
  queue,
  live = queue.live,
}: {
  db: Db;
  clock: StoreClock;
  queue: SessionQueue;
  live?: Pick<LivePublisher, 'statusChanged'>;
}): Admission {
  const sessions = createSessionStore(db);
  const waiting = createWaitingStore(db, clock);
  const keys = createKeyAdmission({
    waiting,
    slots: createSlotStore(db),
    enqueue: enqueueAll,
  });

  const waits = createBudgetWaits(db, clock);
  const slots = createSlotStore(db, 'limit_slots');
  const budgets = createBudgetAdmission({
    waiting,
    waits,
    slots,
    clock,
    limits: createLimitStore(db),
    room: createBudgetRoom({ slots, clock, rates: queue.rates, usage: createUsageStore(db) }),
  });

  // The documents say by now that they wait for nothing: where Redis is away, the reconciler enqueues them.
  async function enqueueAll(standings: readonly Standing[]): Promise<number> {
    const ready = standings.filter((one) => one.status === 'queued' && !one.waiting_for);
    await Promise.all(ready.map((one) => queue.restore(jobOfSession(one)).catch(() => {})));
    return ready.length;
  }

  const parents = createParentAdmission({
    sessions,
    waiting,
    queue,
    letGo,
    requests: createStopRequests(db, clock),
    async failed(session) {
      live.statusChanged(session);
      await ended(session);
    },
  });

  async function letGo(session: Session): Promise<void> {
    const { id } = session;
    if (isLimited(session)) await waits.enter(id);
    else if (hasKey(session) && (await isDue(session))) await lineUp(session);
    else await enqueueAll(await waiting.end([id], 'parent'));
  }

  async function isDue({ not_before }: Session): Promise<boolean> {
    return !not_before || not_before <= (await clock.now());
  }

  async function lineUp(session: KeyedSession): Promise<void> {
    await waiting.lineUp(session.id, session.waiting_for);
    await keys.advance([session]);
  }

  async function passBudget(session: Session, how: { refuse: boolean }) {
    const passage = await budgets.pass(session.id, how);
    return { session: await sessions.get(session.id), passage };
  }

  async function goOnFromBudget(waiter: Session): Promise<Passage> {
    const passage = await budgets.pass(waiter.id, { refuse: false });
    // Whom another let pass that one lets go on, or the reconciler.
    if (passage.kind !== 'passed') return passage;
    const session = await sessions.get(waiter.id);
    if (session?.waiting_for) await step(session);
    else if (session) await enqueueAll([session]);
    return passage;
  }

  async function advance(session: Session): Promise<Session> {
    const stepped = await step(session);
    if (!hasEntered(session, stepped)) return stepped;
    await admitUnder(stepped.limits);
    return (await sessions.get(session.id)) ?? stepped;
  }

  // In turn, by their place among all that wait.
  async function admitUnder(limits: Iterable<string> = []): Promise<void> {
    for (const limit of limits) await budgets.admit(goOnFromBudget, limit);
  }

  async function step(session: Session): Promise<Session> {
    if (session.status !== 'queued') return session;
    if (session.waiting_for === 'budget') await goOnFromBudget(session);
    else if (session.waiting_for === 'parent') await parents.advance(session);
    else if (session.waiting_for && hasKey(session)) await advanceInLine(session);
    else if (hasKey(session) && (await mustLineUp(session))) await lineUp(session);
    else return session;
    return (await sessions.get(session.id)) ?? session;
  }

  // One whose time has not come makes room: its job waits for that, and lines it up again.
  async function advanceInLine(session: KeyedSession): Promise<void> {
    if (await isDue(session)) await keys.advance([session]);
    else await enqueueAll(await waiting.end([session.id], 'concurrency_key'));
  }

  // One that had a time to wait for took no slot before that had come.
  async function mustLineUp(session: KeyedSession): Promise<boolean> {
    const isNew = session.lease.fence === 0;
    return isNew && (await isDue(session)) && !(await keys.holds(session));
  }

  async function ended(session: Parameters<Admission['ended']>[0]) {
    const { id, concurrency_key, limits = [] } = session;
    const names = new Set(limits);
    for (;;) {
      const children = await waiting.ofParent(id, BATCH);
      const advanced = await Promise.all(children.map(step));
      // They wait for their budgets from now on, and go on once all of them have their place there.
      const entered = advanced.filter(({ waiting_for }) => waiting_for === 'budget');
      for (const name of entered.flatMap((child) => child.limits ?? [])) names.add(name);
      const isStuck = advanced.some((child) => child.waiting_for === 'parent');
      if (isStuck || children.length < BATCH) break;
    }
    if (concurrency_key !== undefined) await keys.free(concurrency_key, id);
    await budgets.free(session);
    await admitUnder(names);
  }

  return {
    advance,
    ended,
    passBudget,
    limitsOf: (job) => budgets.existing(limitIdsOf(job)),
    lookAt: budgets.look,
    advanceAll: (all) => keys.advance(all.filter(hasKey)),
    async enqueue(id) {
      await enqueueAll(await waiting.standings([id]));
    },
    async repair() {
      let moved = 0;
      const repairs = [
        async () =>
          forEachIsolated(parents.left(), async (left) => {
            const { waiting_for } = await step(left);
            if (waiting_for !== 'parent') moved += 1;
          }),
        async () => {
          moved += await keys.repair();
        },
        () => budgets.repair(),
        async () => {
          moved += await budgets.admit(goOnFromBudget);
        },
      ];
      await forEachIsolated(repairs, (repair) => repair());
      return moved;
    },
  };
}

function hasEntered(before: Session, after: Session): boolean {
  return before.waiting_for === 'parent' && after.waiting_for === 'budget';
}

function hasKey(session: Session): session is KeyedSession {
  return session.concurrency_key !== undefined;
}
