// Measures how much of each limit is used. MongoDB holds the slots, Redis counts the sessions per
// minute, and the stored usage gives the dollars per day.
import {
  countedBy,
  type Limit,
  type LimitReached,
  spentForToday,
  today,
  tooManyAMinute,
  tooManyAtOnce,
} from '../model/limits/limit.ts';
import type { RateWindows } from '../queue/minute-windows.ts';
import type { StoreClock } from '../store/clock.ts';
import type { SlotStore } from '../store/slot-store.ts';
import type { UsageStore } from '../store/usage-store.ts';

/** Limits by their ids (`limitId`). */
export type FoundLimits = ReadonlyMap<string, Limit>;

/** Functions that undo a reservation, one for each write. */
export type Undo = (() => Promise<void>)[];

/** Reads how much of each limit is used, and reserves more. */
export interface LimitUsage {
  /** Returns the first cap that has no room for another session, or null. Writes nothing. */
  check(found: FoundLimits): Promise<LimitReached | null>;
  /**
   * Takes a slot of each limit for a session, and counts the session in the limit's current minute.
   * Stops at the first cap that has no room, and returns that cap. Returns null if every cap has
   * room. Adds a function to `undo` for each reservation, so that the caller can undo the
   * reservations even if `reserve` throws.
   */
  reserve(sessionId: string, found: FoundLimits, undo: Undo): Promise<LimitReached | null>;
}

/** Creates the usage of limits over these stores. */
export function createLimitUsage({
  slots,
  rates,
  usage,
  clock,
}: {
  slots: SlotStore;
  rates: RateWindows;
  usage: Pick<UsageStore, 'total'>;
  clock: StoreClock;
}): LimitUsage {
  async function checkSpending([id, limit]: [string, Limit]): Promise<LimitReached | null> {
    const { max_usd_per_day: max } = limit;
    if (max === undefined) return null;
    const now = await clock.now();
    const { cost_usd } = await usage.total({ ...countedBy(limit), from: today(now) });
    return cost_usd >= max ? spentForToday(id, max, now) : null;
  }

  async function checkSlots([id, { max_sessions_at_once: max }]: [string, Limit]) {
    if (max === undefined || (await slots.holders(id)).length < max) return null;
    return tooManyAtOnce(id, max);
  }

  async function checkRate([id, { max_sessions_per_minute: max }]: [string, Limit]) {
    if (max === undefined) return null;
    const turnsInMs = await rates.peek(id, max);
    return turnsInMs === null ? null : tooManyAMinute(id, max, turnsInMs);
  }

  return {
    check: async (found) =>
      (await findReached(found, checkSpending)) ??
      (await findReached(found, checkSlots)) ??
      (await findReached(found, checkRate)),
    reserve: async (sessionId, found, undo) =>
      (await findReached(found, checkSpending)) ??
      (await findReached(found, async ([id, { max_sessions_at_once: max }]) => {
        if (max === undefined) return null;
        if (!(await slots.reserve(id, sessionId, max))) return tooManyAtOnce(id, max);
        undo.push(() => slots.free(id, [sessionId]));
        return null;
      })) ??
      (await findReached(found, async ([id, { max_sessions_per_minute: max }]) => {
        if (max === undefined) return null;
        const turnsInMs = await rates.consume(id, max);
        if (turnsInMs !== null) return tooManyAMinute(id, max, turnsInMs);
        undo.push(() => rates.refund(id));
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
