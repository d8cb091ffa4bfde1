import type { Spending, UsageGroup } from './api-types.ts';
import type { Caller } from './call.ts';
import type { CallOptions } from './options.ts';

/**
 * Selects the sessions whose usage is summed: the sessions that ended at or after `from` and before
 * `to`.
 */
export interface UsageFilter {
  group_by?: UsageGroup | undefined;
  /** A time in RFC 3339. Default: 30 days before `to`. */
  from?: string | undefined;
  /** A time in RFC 3339. Default: now. */
  to?: string | undefined;
  /**
   * If set, only sessions of this conversation count. Without `from` and `to`, sessions that have
   * not ended count too.
   */
  root_session_id?: string | undefined;
  /** If set, only sessions with this tag count. */
  tag?: string | undefined;
  /** If set, only sessions of the API key with this id count. */
  key?: string | undefined;
}

/** The cost and usage of sessions. */
export interface Usage {
  from?: string;
  to?: string;
  /** The sums over all sessions; each session counts once. */
  total: Spending;
  /**
   * Sorted by cost, highest first; days are sorted by date. `group` is null for sessions without a
   * value.
   */
  groups?: (Spending & { group: string | null })[];
  /** True if there are more groups than `groups` holds. */
  truncated?: boolean;
}

/** Sums the cost and usage of sessions. */
export async function readUsage(
  call: Caller,
  { signal, timeoutMs, ...query }: UsageFilter & CallOptions,
): Promise<Usage> {
  const read = { method: 'GET', path: 'v1/usage', query, isRepeatable: true } as const;
  return (await call(read, { signal, timeoutMs })).body as Usage;
}
