import { AppError } from '../model/errors/app-error.ts';
import {
  countedBy,
  type Limit,
  type LimitCaps,
  type LimitView,
  limitId,
  today,
  toLimitView,
} from '../model/limits/limit.ts';
import type { StoreClock } from '../store/clock.ts';
import type { Stores } from '../store/stores.ts';

/** What an operator can do with limits: set, read, remove and list them. */
export interface OperatorLimits {
  /**
   * Sets a limit. Replaces the limit of the same kind and name, if there is one. The new limit
   * applies within two seconds.
   */
  put(kind: Limit['kind'], name: string, caps: LimitCaps): Promise<LimitView>;
  /** Returns a limit and how much of it is used. Throws LIMIT_NOT_FOUND. */
  get(kind: Limit['kind'], name: string): Promise<LimitView>;
  /**
   * Removes a limit. The sessions that wait for it are released within seconds. Throws
   * LIMIT_NOT_FOUND.
   */
  remove(kind: Limit['kind'], name: string): Promise<void>;
  /** Returns at most 1,000 limits, sorted by name. Leaves out documents that cannot be read. */
  list(): Promise<LimitView[]>;
}

/** Creates the operations on the limits of a database. */
export function createOperatorLimits({
  stores,
  clock,
}: {
  stores: Pick<Stores, 'limits' | 'limitSlots' | 'usage'>;
  clock: StoreClock;
}): OperatorLimits {
  const { limits, limitSlots: slots, usage } = stores;

  return {
    put: async (kind, name, caps) =>
      toLimitView(await limits.put(kind, name, caps, await clock.now())),
    async get(kind, name) {
      const limit = await limits.get(kind, name);
      if (!limit) throw notFound(kind, name);
      const [holders, { cost_usd }] = await Promise.all([
        slots.holders(limitId(kind, name)),
        usage.total({ ...countedBy(limit), from: today(await clock.now()) }),
      ]);
      return {
        ...toLimitView(limit),
        now: { sessions_at_once: holders.length, usd_today: cost_usd },
      };
    },
    async remove(kind, name) {
      if (!(await limits.remove(kind, name))) throw notFound(kind, name);
    },
    list: async () => (await limits.list()).map(toLimitView),
  };
}

function notFound(kind: Limit['kind'], name: string): AppError {
  return new AppError('LIMIT_NOT_FOUND', `no limit for ${kind} ${name}`);
}
