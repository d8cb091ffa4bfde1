// Admission by the limits of a session's API key and tags. A limit caps how many admitted sessions
// exist at once, how many are admitted per minute, and what they cost per day.
import { AppError } from '../model/errors/app-error.ts';
import type { Job } from '../model/job/job.ts';
import { limitError, limitIdsOf, limitPassed } from '../model/limits/limit.ts';
import { defined } from '../model/schema/defined.ts';
import type { Session } from '../model/session/session.ts';
import { isTerminal } from '../model/session/status.ts';
import type { StoreClock } from '../store/clock.ts';
import { forEachIsolated } from '../store/for-each-isolated.ts';
import type { LimitStore } from '../store/limit-store.ts';
import type { LimitWaits } from '../store/limit-waits.ts';
import type { SessionStore } from '../store/session-store.ts';
import type { SlotStore } from '../store/slot-store.ts';
import type { WaitingStore } from '../store/waiting-store.ts';
import { createKnownLimits } from './known-limits.ts';
import {
  createLimitReservation,
  type Reservation,
  type ReserveLimits,
} from './limit-reservation.ts';
import type { LimitUsage } from './limit-usage.ts';

/** How many waiting sessions one command reads. */
const BATCH = 100;

/**
 * If a session did not ask to wait, the process that stored the session must refuse it within this
 * time, in milliseconds. After that time the process counts as dead, and the session is released
 * like any waiting session.
 */
const REFUSED_WITHIN_MS = 30_000;

/** The limits that apply to a request. */
export interface RequestLimits {
  /**
   * Returns the job with the ids of the limits that apply to it. A new limit applies within two
   * seconds.
   */
  withLimits<T extends Job>(job: T): Promise<T>;
  /**
   * Returns the job with its limits. Throws LIMIT_EXCEEDED if a cap has no room now and the job
   * does not ask to wait. Reserves nothing: `Admission.admit` reserves the limits once the session
   * is stored.
   */
  check<T extends Job>(job: T): Promise<T>;
}

/**
 * Admits sessions by their limits. Every step may be repeated, may run in several processes at
 * once, and may be cut off by a crash.
 */
export interface LimitAdmission extends RequestLimits {
  /**
   * Reserves the limits of a stored session that waits for them. Returns the session. It no longer
   * waits for its limits, unless it asked to wait and a cap has no room. Throws LIMIT_EXCEEDED if
   * this or another process removed the session, and UNAVAILABLE if another process is still
   * deciding.
   */
  reserveOrRefuse(session: Session): Promise<Session>;
  /**
   * Reserves the limits of a session that waits for them. If a cap has no room, the session keeps
   * waiting.
   */
  reserveWaiting(id: string): Promise<Reservation>;
  /** Frees the slots of a session that has ended. */
  free(session: Pick<Session, 'id' | 'limits'>): Promise<void>;
  /**
   * Calls `tryLimits` for the sessions that wait for the limit `limitId`, oldest first, while the
   * limit has room. Without `limitId`, does so for every limit. Returns how many sessions were
   * released.
   */
  releaseNext(
    tryLimits: (session: Session) => Promise<Reservation>,
    limitId?: string,
  ): Promise<number>;
  /** Frees the slots of sessions that ended or were deleted. */
  repair(): Promise<void>;
}

interface LimitDeps {
  limits: Pick<LimitStore, 'getMany'>;
  slots: SlotStore;
  usage: LimitUsage;
  waits: LimitWaits;
  waiting: Pick<WaitingStore, 'states'>;
  sessions: Pick<SessionStore, 'get'>;
  clock: StoreClock;
}

/** Creates the admission by the limits of a database. */
export function createLimitAdmission(deps: LimitDeps): LimitAdmission {
  const { slots, waiting } = deps;
  const reserve = createLimitReservation(deps);

  return {
    ...createRequestLimits(deps, reserve),
    reserveWaiting: (id) => reserve(id, { refuse: false }),
    async free({ id, limits: ids = [] }) {
      for (const limitId of ids) await slots.free(limitId, [id]);
    },
    releaseNext: (tryLimits, limitId) => releaseNext(deps, tryLimits, limitId),
    async repair() {
      await forEachIsolated(slots.all(), async ({ _id: limitId, holders }) => {
        const live = (await waiting.states(holders)).filter(({ status }) => !isTerminal(status));
        const ids = new Set(live.map(({ id }) => id));
        const dead = holders.filter((id) => !ids.has(id));
        if (dead.length > 0) await slots.free(limitId, dead);
      });
    },
  };
}

function createRequestLimits(
  { limits, usage, sessions }: LimitDeps,
  reserve: ReserveLimits,
): Pick<LimitAdmission, 'withLimits' | 'check' | 'reserveOrRefuse'> {
  const findExisting = createKnownLimits(limits);

  async function withLimits<T extends Job>(job: T): Promise<T> {
    const existing = await findExisting(limitIdsOf(job));
    return existing.length === 0 ? job : { ...job, limits: existing };
  }

  async function buildRefusal({ limits: ids = [] }: Session): Promise<AppError> {
    const reached = await usage.check(await limits.getMany(ids));
    return reached ? limitError(reached) : limitPassed(ids);
  }

  return {
    withLimits,
    async check(job) {
      const limited = await withLimits(job);
      if (!limited.limits?.length || limited.on_limit === 'wait') return limited;
      const reached = await usage.check(await limits.getMany(limited.limits));
      if (reached) throw limitError(reached);
      return limited;
    },
    async reserveOrRefuse(waiter) {
      const reservation = await reserve(waiter.id, { refuse: true });
      const session = await sessions.get(waiter.id);
      if (reservation.kind === 'refused') throw limitError(reservation.reached);
      // Another request stored the same session and was refused, so this request is refused as
      // well.
      if (!session) throw await buildRefusal(waiter);
      if (session.waiting_for === 'budget' && session.on_limit !== 'wait') {
        throw new AppError(
          'UNAVAILABLE',
          `session ${session.id} is being admitted; try again later`,
        );
      }
      return session;
    },
  };
}

// First come, first served: if a limit has no room for a session, every later session of that limit
// waits too.
async function releaseNext(
  { waits, clock }: LimitDeps,
  tryLimits: (session: Session) => Promise<Reservation>,
  limitId?: string,
): Promise<number> {
  const madeBefore = new Date((await clock.now()).getTime() - REFUSED_WITHIN_MS);
  const full = new Set<string>();
  let released = 0;
  for (;;) {
    const filter = { ...defined({ limitId }), exceptLimits: [...full], madeBefore };
    const waiters = await waits.list({ ...filter, limit: BATCH });
    for (const waiter of waiters) {
      if (waiter.limits?.some((id) => full.has(id))) continue;
      const reservation = await tryLimits(waiter);
      if (reservation.kind === 'reserved') released += 1;
      if (reservation.kind === 'waiting') full.add(reservation.reached.limit);
      if (reservation.kind === 'busy') for (const id of waiter.limits ?? []) full.add(id);
    }
    if (waiters.length < BATCH || (limitId !== undefined && full.has(limitId))) return released;
  }
}
