// Sessions under limits of their API key and tags: at most so many at once, a minute, and dollars a day.
import {
  countedBy,
  type Limit,
  type LimitReached,
  spentForToday,
  today,
  tooManyAMinute,
  tooManyAtOnce,
} from './model/limit.ts';
import type { Session } from './model/session.ts';
import { isTerminal } from './model/status.ts';
import { waitAfterBudget } from './model/waiting.ts';
import type { RateWindows } from './queue/rate-windows.ts';
import type { StoreClock } from './store/clock.ts';
import type { LimitStore } from './store/limit-store.ts';
import type { SlotStore } from './store/slot-store.ts';
import type { UsageStore } from './store/usage-store.ts';
import type { WaitingStore } from './store/waiting-store.ts';

/** How many of those that wait are looked at in one command. */
const BATCH = 100;

/** How long a caller may take, in milliseconds, to refuse what it did not want to wait. */
const REFUSED_WITHIN_MS = 30_000;

/** How long a limit, or that there is none, is taken for true where many ask, in milliseconds. */
const KNOWN_MS = 2_000;
const KNOWN_MAX = 10_000;

/** A session under limits. */
type Limited = Pick<Session, 'id' | 'limits' | 'on_busy' | 'concurrency_key' | 'not_before'>;

/** Lets sessions pass their limits. Every step may be done twice, by several at once, and be cut off by a crash. */
export interface BudgetAdmission {
  /** Of these limits, those that there are; a change is seen within two seconds. */
  existing(ids: readonly string[]): Promise<string[]>;
  /** Which cap keeps a further session of these limits out now; null where there is room. Takes nothing. */
  look(ids: readonly string[]): Promise<LimitReached | null>;
  /** Lets a session that waits for its budgets go on to what it waits for next, or says what keeps it. */
  pass(session: Limited): Promise<LimitReached | null>;
  /** Frees the slots of a session that has ended. */
  free(session: Pick<Session, 'id' | 'limits'>): Promise<void>;
  /** Hands over to `letGo` who may go on, of those that wait for this limit, or for any; counts them. */
  admit(letGo: (session: Session) => Promise<LimitReached | null>, of?: string): Promise<number>;
  /** Frees the slots of the dead. */
  repair(): Promise<void>;
}

/** The admission by limits of a database, counted by the minute in Redis. */
export function createBudgetAdmission({
  limits,
  slots,
  rates,
  usage,
  waiting,
  clock,
}: {
  limits: Pick<LimitStore, 'named'>;
  slots: SlotStore;
  rates: RateWindows;
  usage: Pick<UsageStore, 'total'>;
  waiting: WaitingStore;
  clock: StoreClock;
}): BudgetAdmission {
  const known = new Map<string, { exists: boolean; at: number }>();

  async function spentToday([id, limit]: [string, Limit]): Promise<LimitReached | null> {
    const { max_usd_per_day: max } = limit;
    if (max === undefined) return null;
    const now = await clock.now();
    const { cost_usd } = await usage.total({ ...countedBy(limit), from: today(now) });
    return cost_usd >= max ? spentForToday(id, max, now) : null;
  }

  async function findReached(
    found: ReadonlyMap<string, Limit>,
    check: (entry: [string, Limit]) => Promise<LimitReached | null>,
  ): Promise<LimitReached | null> {
    for (const entry of found) {
      const reached = await check(entry);
      if (reached) return reached;
    }
    return null;
  }

  async function isFull([id, { max_sessions_at_once: max }]: [string, Limit]) {
    if (max === undefined || (await slots.holders(id)).length < max) return null;
    return tooManyAtOnce(id, max);
  }

  async function isFast([id, { max_sessions_per_minute: max }]: [string, Limit]) {
    if (max === undefined) return null;
    const turnsInMs = await rates.look(id, max);
    return turnsInMs === null ? null : tooManyAMinute(id, max, turnsInMs);
  }

  /** Takes the slots and the counts of all these limits, or none of them. */
  async function take(
    sessionId: string,
    found: ReadonlyMap<string, Limit>,
  ): Promise<LimitReached | null> {
    const undo: (() => Promise<void>)[] = [];
    const reached =
      (await findReached(found, spentToday)) ??
      (await findReached(found, async ([id, { max_sessions_at_once: max }]) => {
        if (max === undefined) return null;
        if (!(await slots.hold(id, sessionId, max))) return tooManyAtOnce(id, max);
        undo.push(() => slots.free(id, [sessionId]));
        return null;
      })) ??
      (await findReached(found, async ([id, { max_sessions_per_minute: max }]) => {
        if (max === undefined) return null;
        const turnsInMs = await rates.take(id, max);
        if (turnsInMs !== null) return tooManyAMinute(id, max, turnsInMs);
        undo.push(() => rates.giveBack(id));
        return null;
      }));
    // One that fails here is taken back by the repair, or by the minute that turns.
    if (reached) for (const step of undo.reverse()) await step();
    return reached;
  }

  return {
    async existing(ids) {
      const at = performance.now();
      const asked = ids.filter(
        (id) => at - (known.get(id)?.at ?? Number.NEGATIVE_INFINITY) > KNOWN_MS,
      );
      if (known.size + asked.length > KNOWN_MAX) known.clear();
      const found = asked.length > 0 ? await limits.named(asked) : new Map();
      for (const id of asked) known.set(id, { exists: found.has(id), at });
      return ids.filter((id) => known.get(id)?.exists);
    },
    async look(ids) {
      const found = await limits.named(ids);
      return (
        (await findReached(found, spentToday)) ??
        (await findReached(found, isFull)) ??
        (await findReached(found, isFast))
      );
    },
    async pass(session) {
      // Of those that were there when it was accepted, some may be gone.
      const reached = await take(session.id, await limits.named(session.limits ?? []));
      if (reached) return reached;
      const { not_before } = session;
      const isDelayed = not_before !== undefined && not_before > (await clock.now());
      await waiting.passBudget(session.id, waitAfterBudget(session, isDelayed));
      return null;
    },
    async free({ id, limits: names = [] }) {
      for (const name of names) await slots.free(name, [id]);
    },
    async admit(letGo, of) {
      const before = new Date((await clock.now()).getTime() - REFUSED_WITHIN_MS);
      const full = new Set<string>();
      let gone = 0;
      // Whoever is kept by a limit keeps all behind it that are under that limit too: first come, first served.
      for (;;) {
        const asked = { ...(of === undefined ? {} : { of }), but: [...full], before };
        const waiters = await waiting.ofBudgets({ ...asked, limit: BATCH });
        for (const waiter of waiters) {
          if (waiter.limits?.some((name) => full.has(name))) continue;
          const reached = await letGo(waiter);
          if (reached) full.add(reached.limit);
          else gone += 1;
        }
        if (waiters.length < BATCH || (of !== undefined && full.has(of))) return gone;
      }
    },
    async repair() {
      for await (const { _id: name, holders } of slots.all()) {
        const standings = await waiting.standings(holders);
        const live = new Set(standings.filter((one) => !isTerminal(one.status)).map((o) => o.id));
        const dead = holders.filter((id) => !live.has(id));
        if (dead.length > 0) await slots.free(name, dead);
      }
    },
  };
}
