import type { Db, Document } from 'mongodb';
import { defined } from '../model/schema/defined.ts';
import {
  addSpending,
  NO_SPENDING,
  type Spending,
  SUMMED,
  type UsageGroup,
} from '../model/usage/usage.ts';
import type { SpentStore } from './spent-store.ts';

/**
 * The sessions to sum: the sessions that ended at or after `from` and before `to`, or all sessions
 * of a conversation.
 */
export interface UsageFilter {
  from?: Date;
  to?: Date;
  root_session_id?: string;
  tag?: string;
  api_key_id?: string;
}

/** A group and what it spent. `group` is null for the sessions that belong to no group. */
export interface UsageGroupSum {
  group: string | null;
  spending: Spending;
}

/** What sessions spent. Deleted sessions count as long as their tombstones are kept. */
export interface UsageStore {
  /** Returns the sum over all matching sessions. Each session counts once. */
  total(filter: UsageFilter): Promise<Spending>;
  /**
   * Returns the sums of the `limit` most expensive groups, the most expensive first. If there are
   * more groups, also returns the next group. A session with several tags counts in the group of
   * each tag.
   */
  groups(filter: UsageFilter, by: UsageGroup, limit: number): Promise<UsageGroupSum[]>;
}

// The fields of a session are in its document. The fields of a deleted session are in the
// collection of tombstones.
const COLLECTIONS = [
  { collection: 'sessions', prefix: '' },
  { collection: 'tombstones', prefix: 'spent.' },
] as const;

/**
 * Creates the usage store of a database. It uses only simple aggregation stages such as $match and
 * $group, which every server knows. `spent` finds the deleted sessions whose documents still exist.
 */
export function createUsageStore(db: Db, spent: Pick<SpentStore, 'findCountedTwice'>): UsageStore {
  async function sum(
    filter: UsageFilter,
    by: UsageGroup | null,
    limit: number,
  ): Promise<UsageGroupSum[]> {
    const countedTwice = await spent.findCountedTwice();
    const sums = await Promise.all(
      COLLECTIONS.map(({ collection, prefix }) =>
        db
          .collection(collection)
          .aggregate<{ _id: string | null } & Spending>([
            { $match: buildMatch(filter, prefix, countedTwice) },
            ...(by === 'tag' ? unwindTags(prefix) : []),
            { $group: { _id: by && buildGroup(by, prefix), ...buildSums(prefix) } },
            { $sort: { cost_usd: -1, _id: 1 } },
            { $limit: limit + 1 },
          ])
          .toArray(),
      ),
    );
    const merged = new Map<string | null, Spending>();
    for (const { _id, ...spending } of sums.flat()) {
      merged.set(_id, addSpending(merged.get(_id) ?? NO_SPENDING, spending));
    }
    return [...merged]
      .map(([group, spending]) => ({ group, spending }))
      .sort((a, b) => b.spending.cost_usd - a.spending.cost_usd)
      .slice(0, limit + 1);
  }

  return {
    total: async (filter) => (await sum(filter, null, 1))[0]?.spending ?? NO_SPENDING,
    groups: (filter, by, limit) => sum(filter, by, limit),
  };
}

function buildMatch(
  filter: UsageFilter,
  prefix: string,
  countedTwice: readonly string[],
): Document {
  const { from, to, root_session_id, tag, api_key_id } = filter;
  const isOfTombstones = prefix !== '';
  const isTimed = from !== undefined || to !== undefined;
  return defined({
    [`${prefix}end_time`]: isTimed ? defined({ $gte: from, $lt: to }) : undefined,
    root_session_id,
    [`${prefix}tags`]: tag,
    [`${prefix}api_key_id`]: api_key_id,
    // A tombstone without `spent` counts nothing: while a deletion is only requested, the documents
    // still exist.
    spent: isOfTombstones ? { $exists: true } : undefined,
    _id: isOfTombstones && countedTwice.length > 0 ? { $nin: countedTwice } : undefined,
  });
}

function unwindTags(prefix: string): Document[] {
  return [{ $unwind: { path: `$${prefix}tags`, preserveNullAndEmptyArrays: true } }];
}

function buildGroup(by: UsageGroup, prefix: string): unknown {
  switch (by) {
    case 'day':
      return { $dateToString: { format: '%Y-%m-%d', date: `$${prefix}end_time` } };
    case 'model':
      return { $ifNull: [`$${prefix}model`, null] };
    case 'tag':
      return { $ifNull: [`$${prefix}tags`, null] };
    case 'key':
      return { $ifNull: [`$${prefix}api_key_id`, null] };
  }
}

function buildSums(prefix: string): Document {
  const sums = SUMMED.map((key) => [key, { $sum: `$${prefix}totals.${key}` }]);
  return { sessions: { $sum: 1 }, ...Object.fromEntries(sums) };
}
