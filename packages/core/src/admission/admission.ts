// Admission: when a session may have a job in the queue.
//
//   parent -> limits -> concurrency key -> queued
//
//   accepted ─┬────────────┬─────────────────┬──────────────────┐
//             v            v                 v                  v
//        ┌────────┐   ┌────────┐   ┌─────────────────┐   ┌─────────────┐
//        │ parent │──>│ limits │──>│ concurrency key │──>│ queued: job │──> a worker claims it
//        └────────┘   └────────┘   └─────────────────┘   └─────────────┘
//        a continue   its API key,  a slot of the key
//        waits for    its tags:
//        its parent   reserved
//
// A session enters at the first state that applies to it and skips those that do not. The order matters: a
// waiting session never holds a slot that another one needs. The state is `waiting_for` in the session
// document (`parent`, `budget` for limits, `concurrency_key`, or absent), and a session that waits has no job.
//
// Limits are checked (is there room now? nothing is written) and reserved (a slot and a count are taken).
// A session is released when it leaves the state it waits in, and advanced when it is released as often as is
// possible now. "Try" is a release, or a reservation, that leaves the session where it is if there is no room.
// When a session ends, `releaseAfter` frees its slots and advances the sessions that waited for it.
//
// Each transition is one guarded update of one document, so every step may be repeated, run in several
// processes at once, or be cut off by a crash: `repair`, which the reconciler runs, finishes the rest.
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

/** How many children of one parent are advanced at a time. */
const BATCH = 100;

/** The admission of sessions to the queue; the states and words are described at the top of the file. */
export interface Admission {
  /** The limits that new sessions meet. */
  requestLimits: RequestLimits;
  /**
   * Advances a session that its request has just stored, or has met again; returns it as it then is. Throws LIMIT_EXCEEDED where a limit has no room and the session did not ask to wait: the
   * session is removed. Throws UNAVAILABLE where another process is still deciding that.
   */
  admit(session: Session): Promise<Session>;
  /** Advances a queued session; returns it as it then is. */
  advance(session: Session): Promise<Session>;
  /** Releases those of these new sessions that wait for a concurrency key with a free slot. */
  releaseForKeys(sessions: readonly Session[]): Promise<void>;
  /** Frees the slots of a session that has ended, and advances those that waited for it. May be called twice. */
  releaseAfter(session: Pick<Session, 'id' | 'concurrency_key' | 'limits'>): Promise<void>;
  /**
   * Fails a session that this error keeps from ever being run, with INTERNAL, and releases what waited for
   * it; false where it has ended, is not there, or a worker holds it.
   */
  fail(id: string, error: unknown): Promise<boolean>;
  /** Adds the job of a queued session that waits for nothing, where it has none. */
  enqueue(id: string): Promise<void>;
  /** Finishes what a crash or an outage cut off; returns how many sessions it released. */
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

/** The admission of a database's sessions to a queue. */
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
    log?.error({ err: error, session_id: id }, 'a session that cannot be run was failed');
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

/** Adds the jobs of those of these sessions that are queued and wait for nothing; returns how many they are. */
function createEnqueueReady(
  queue: Pick<SessionQueue, 'restore'>,
  fail: Admission['fail'],
): (states: readonly WaitState[]) => Promise<number> {
  async function addJob(state: WaitState): Promise<void> {
    let job: Job;
    try {
      job = jobOfSession(state);
    } catch (error) {
      // Left as it is, the session would hold its slots for good: no job of it will ever end.
      await fail(state.id, error);
      return;
    }
    await queue.restore(job).catch(() => {});
  }

  // The documents already say that these sessions wait for nothing: the reconciler enqueues them if Redis is away.
  return async (states) => {
    const ready = states.filter((one) => one.status === 'queued' && !one.waiting_for);
    await Promise.all(ready.map(addJob));
    return ready.length;
  };
}

/** Advances the sessions that wait for this parent, up to their limits; returns the limits that they wait for from now on. */
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
    // These wait for their limits from now on: they are released by age, once all of them are in line.
    const entered = advanced.filter(({ waiting_for }) => waiting_for === 'budget');
    for (const limitId of entered.flatMap((child) => child.limits ?? [])) limitIds.add(limitId);
    const isStuck = advanced.some((child) => child.waiting_for === 'parent');
    if (isStuck || children.length < BATCH) return limitIds;
  }
}

// A message of another program's error may quote what no reader of the session may see: the log has it.
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
