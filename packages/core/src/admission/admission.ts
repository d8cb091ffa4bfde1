// Admission decides when a session may have a job in the queue.
//
//   parent -> limits -> concurrency key -> queued
//
//   accepted ─┬────────────┬─────────────────┬──────────────────┐
//             v            v                 v                  v
//        ┌────────┐   ┌────────┐   ┌─────────────────┐   ┌─────────────┐
//        │ parent │──>│ limits │──>│ concurrency key │──>│ queued: job │──> a worker claims it
//        └────────┘   └────────┘   └─────────────────┘   └─────────────┘
//        a continue   the limits    a slot of the
//        waits for    of its API    session's key
//        its parent   key and tags
//
// A session skips the states that do not apply to it. Because of the order, a waiting session never
// holds a slot that another session needs. The session document stores the state in `waiting_for`:
// `parent`, `budget` (for limits), `concurrency_key`, or no value. A session that waits has no job.
//
// The verbs in this folder:
//   check     to read whether a limit has room now, without a write
//   reserve   to take a slot of each limit, and to count the session in the limit's minute
//   release   to end a session's current wait
//   advance   to release a session again and again, until it is queued or has to wait
//   try       to release or reserve if there is room; otherwise the session stays where it is
//
// When a session ends, `releaseAfter` frees its slots and advances the sessions that waited for it.
//
// Each transition is one guarded update of one document. So every step may be repeated, may run in
// several processes at once, and may be cut off by a crash. The reconciler runs `repair`, which
// completes what a crash cut off.
import { isAppError } from '../model/errors/app-error.ts';
import type { Job } from '../model/job/job.ts';
import { jobOfSession } from '../model/job/job-of-session.ts';
import { nextWait } from '../model/job/waiting.ts';
import type { Session } from '../model/session/session.ts';
import type { LivePublisher } from '../queue/live.ts';
import type { SessionQueue } from '../queue/session-queue.ts';
import type { Logger } from '../runtime/log.ts';
import type { StoreClock } from '../store/clock.ts';
import { forEachIsolated } from '../store/for-each-isolated.ts';
import type { Stores } from '../store/stores.ts';
import type { WaitingStore, WaitState } from '../store/waiting-store.ts';
import {
  createKeyAdmission,
  hasConcurrencyKey,
  isDue,
  type KeyAdmission,
} from './concurrency-key-admission.ts';
import {
  createLimitAdmission,
  type LimitAdmission,
  type RequestLimits,
} from './limit-admission.ts';
import { createLimitUsage } from './limit-usage.ts';
import { createParentAdmission, type ParentAdmission } from './parent-admission.ts';
import { createTransitions, type Transitions } from './transitions.ts';

/** How many children of one parent are advanced together. */
const BATCH = 100;

/** Admits sessions to the queue. The top of this file describes the states and the verbs. */
export interface Admission {
  /** The limits that apply to new sessions. */
  requestLimits: RequestLimits;
  /**
   * Advances the session of a request. The session is new, or an earlier try of the request stored
   * it. Returns the session in its new state. Throws LIMIT_EXCEEDED, and removes the session, if a
   * limit has no room and the session did not ask to wait. Throws UNAVAILABLE if another process is
   * still deciding about the session.
   */
  admit(session: Session): Promise<Session>;
  /** Advances a queued session, and returns it in its new state. */
  advance(session: Session): Promise<Session>;
  /** Releases each of these new sessions that waits for a concurrency key with a free slot. */
  releaseForKeys(sessions: readonly Session[]): Promise<void>;
  /**
   * Frees the slots of a session that has ended, and advances the sessions that waited for it. May
   * be called twice.
   */
  releaseAfter(session: Pick<Session, 'id' | 'concurrency_key' | 'limits'>): Promise<void>;
  /**
   * Fails a session that can never run because of `error`. The session gets the code INTERNAL, and
   * the sessions that waited for it are released. Returns false if the session has ended, if it
   * does not exist, or if a worker holds it.
   */
  fail(id: string, error: unknown): Promise<boolean>;
  /** Adds the job of a queued session that waits for nothing, if it has no job. */
  enqueue(id: string): Promise<void>;
  /** Completes what a crash or an outage cut off. Returns how many sessions it released. */
  repair(): Promise<number>;
}

/** The stores that admission reads and writes. */
export type AdmissionStores = Pick<
  Stores,
  | 'sessions'
  | 'waiting'
  | 'limitWaits'
  | 'limits'
  | 'concurrencyKeySlots'
  | 'limitSlots'
  | 'usage'
  | 'stopRequests'
  | 'unusable'
>;

/** Creates the admission of a database's sessions to a queue. */
export function createAdmission({
  stores,
  clock,
  queue,
  live = queue.live,
  log,
}: {
  stores: AdmissionStores;
  clock: StoreClock;
  queue: SessionQueue;
  live?: Pick<LivePublisher, 'statusChanged'>;
  log?: Pick<Logger, 'error'> | undefined;
}): Admission {
  const { sessions, waiting, limitWaits: waits, limitSlots: slots, unusable } = stores;
  const usage = createLimitUsage({ slots, clock, rates: queue.rates, usage: stores.usage });
  const byLimits = createLimitAdmission({
    limits: stores.limits,
    sessions,
    waiting,
    waits,
    slots,
    usage,
    clock,
  });
  const enqueue = createEnqueueReady(queue, fail);
  const byKey = createKeyAdmission({ waiting, slots: stores.concurrencyKeySlots, clock, enqueue });
  const byParent = createParentAdmission({
    sessions,
    waiting,
    queue,
    requests: stores.stopRequests,
    release: releaseFromParent,
    fail,
    async onFailed(session) {
      live.statusChanged(session);
      await releaseAfter(session);
    },
  });
  const transitions = createTransitions({ sessions, byParent, byLimits, byKey, enqueue });

  async function fail(id: string, error: unknown): Promise<boolean> {
    const failed = await unusable.fail(id, messageOf(error));
    if (!failed) return false;
    log?.error({ err: error, session_id: id }, 'this session can never run, so it was failed');
    if (failed.session) live.statusChanged(failed.session);
    await releaseAfter(failed.slots);
    return true;
  }

  async function admit(stored: Session): Promise<Session> {
    const waitsForLimits = stored.waiting_for === 'budget';
    const session = waitsForLimits ? await byLimits.reserveOrRefuse(stored) : stored;
    if (session.waiting_for === 'budget') return session;
    if (session.waiting_for) return transitions.advance(session);
    await enqueueById(session.id);
    return session;
  }

  async function enqueueById(id: string): Promise<void> {
    await enqueue(await waiting.states([id]));
  }

  async function releaseFromParent(session: Session): Promise<void> {
    const next = nextWait('parent', session, !(await isDue(session, clock)));
    if (next === 'budget') await waits.startWait(session.id);
    else if (next && hasConcurrencyKey(session)) await byKey.enter(session);
    else await enqueue(await waiting.end([session.id], 'parent'));
  }

  async function releaseAfter(session: Parameters<Admission['releaseAfter']>[0]): Promise<void> {
    const { id, concurrency_key, limits: limitIds = [] } = session;
    const entered = await advanceChildren(id, { waiting, transitions });
    if (concurrency_key !== undefined) await byKey.free(concurrency_key, id);
    await byLimits.free(session);
    await transitions.releaseWaitersOf(new Set([...limitIds, ...entered]));
  }

  return {
    requestLimits: byLimits,
    admit,
    advance: transitions.advance,
    releaseAfter,
    fail,
    releaseForKeys: (all) => byKey.tryReleaseAll(all.filter(hasConcurrencyKey)),
    enqueue: enqueueById,
    repair: () => repairAll({ byParent, byKey, byLimits, transitions }),
  };
}

/**
 * Creates a function that adds the job of each session that is queued and waits for nothing. The
 * function returns the number of these sessions.
 */
function createEnqueueReady(
  queue: Pick<SessionQueue, 'restore'>,
  fail: Admission['fail'],
): (states: readonly WaitState[]) => Promise<number> {
  async function addJob(state: WaitState): Promise<void> {
    let job: Job;
    try {
      job = jobOfSession(state);
    } catch (error) {
      // Without a job the session would never end, and would never free its slots.
      await fail(state.id, error);
      return;
    }
    await queue.restore(job).catch(() => {});
  }

  // The documents already say that these sessions wait for nothing. So if Redis is down, the
  // reconciler adds the jobs later.
  return async (states) => {
    const ready = states.filter((one) => one.status === 'queued' && !one.waiting_for);
    await Promise.all(ready.map(addJob));
    return ready.length;
  };
}

/**
 * Advances the sessions that wait for this parent. A session under limits then waits for its
 * limits. Returns the ids of these limits.
 */
async function advanceChildren(
  parentId: string,
  {
    waiting,
    transitions,
  }: {
    waiting: Pick<WaitingStore, 'findByParent'>;
    transitions: Pick<Transitions, 'advanceOneState'>;
  },
): Promise<Set<string>> {
  const limitIds = new Set<string>();
  for (;;) {
    const children = await waiting.findByParent(parentId, BATCH);
    const advanced = await Promise.all(children.map(transitions.advanceOneState));
    // These children now wait for their limits. The caller releases them, oldest first, after this
    // function has advanced all children.
    const entered = advanced.filter(({ waiting_for }) => waiting_for === 'budget');
    for (const limitId of entered.flatMap((child) => child.limits ?? [])) limitIds.add(limitId);
    // A child that still waits for its parent would be read again each time, so the loop would
    // never end.
    const isStuck = advanced.some((child) => child.waiting_for === 'parent');
    if (isStuck || children.length < BATCH) return limitIds;
  }
}

// The message of a foreign error may quote text that readers of the session must not see. Such a
// message goes only to the log.
function messageOf(error: unknown): string {
  if (isAppError(error)) return error.message;
  const name = error instanceof Error ? error.name : typeof error;
  return `the session could not be run: ${name}`;
}

async function repairAll({
  byParent,
  byKey,
  byLimits,
  transitions,
}: {
  byParent: ParentAdmission;
  byKey: KeyAdmission;
  byLimits: LimitAdmission;
  transitions: Transitions;
}): Promise<number> {
  let released = 0;
  const repairs = [
    async () =>
      forEachIsolated(byParent.stuck(), async (stuck) => {
        const { waiting_for } = await transitions.advanceOneState(stuck);
        if (waiting_for !== 'parent') released += 1;
      }),
    async () => {
      released += await byKey.repair();
    },
    () => byLimits.repair(),
    async () => {
      released += await byLimits.releaseNext(transitions.tryLimits);
    },
  ];
  await forEachIsolated(repairs, (repair) => repair());
  return released;
}
