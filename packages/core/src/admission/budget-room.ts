// How far limits are used: sessions at once in MongoDB, a minute's in Redis, dollars a day from usage.
import {
  countedBy,
  type Limit,
  type LimitReached,
  spentForToday,
  today,
  tooManyAMinute,
  tooManyAtOnce,
} from '../model/limits/limit.ts';
import type { RateWindows } from '../queue/rate-windows.ts';
import type { StoreClock } from '../store/clock.ts';
import type { SlotStore } from '../store/slot-store.ts';
import type { UsageStore } from '../store/usage-store.ts';

/** Limits by their names. */
export type FoundLimits = ReadonlyMap<string, Limit>;

/** The room that limits leave. */
export interface BudgetRoom {
  /** Which cap keeps a further session out now; null where there is room. Takes nothing. */
  look(found: FoundLimits): Promise<LimitReached | null>;
  /**
   * Takes a slot and a count of each of these limits, as far as there is room, and says what keeps it out;
   * how each that was taken is given back goes into `undo`, whether it returns or throws.
   */
  take(
    sessionId: string,
    found: FoundLimits,
    undo: (() => Promise<void>)[],
  ): Promise<LimitReached | null>;
}

/** The room by what these stores say. */
export function createBudgetRoom({
  slots,
  rates,
  usage,
  clock,
}: {
  slots: SlotStore;
  rates: RateWindows;
  usage: Pick<UsageStore, 'total'>;
  clock: StoreClock;
}): BudgetRoom {
  async function spentToday([id, limit]: [string, Limit]): Promise<LimitReached | null> {
    const { max_usd_per_day: max } = limit;
    if (max === undefined) return null;
    const now = await clock.now();
    const { cost_usd } = await usage.total({ ...countedBy(limit), from: today(now) });
    return cost_usd >= max ? spentForToday(id, max, now) : null;
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

  return {
    look: async (found) =>
      (await findReached(found, spentToday)) ??
      (await findReached(found, isFull)) ??
      (await findReached(found, isFast)),
    take: async (sessionId, found, undo) =>
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
      })),
  };
}

async function findReached(
  found: FoundLimits,
  check: (entry: [string, Limit]) => Promise<LimitReached | null>,
): Promise<LimitReached | null> {
  for (const entry of found) {
    const reached = await check(entry);
    if (reached) return reached;
  }
  return null;
}
