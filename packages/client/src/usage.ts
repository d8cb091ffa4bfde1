import type { Spending, UsageGroup } from './api-types.ts';
import type { Caller } from './call.ts';
import type { CallOptions } from './options.ts';

/** Whose spending is summed: that of sessions that ended from `from` on and before `to`. */
export interface UsageFilter {
  group_by?: UsageGroup | undefined;
  /** RFC 3339; default: 30 days before `to`. */
  from?: string | undefined;
  /** RFC 3339; default: now. */
  to?: string | undefined;
  /** Of one conversation: then times are not needed, and sessions that run count too. */
  root_session_id?: string | undefined;
  tag?: string | undefined;
  /** The id of an API key. */
  key?: string | undefined;
}

/** What sessions spent. */
export interface Usage {
  from?: string;
  to?: string;
  /** Each session once. */
  total: Spending;
  /** The dearest first, days in their order; `group` is null for sessions that have none. */
  groups?: (Spending & { group: string | null })[];
  /** There are more groups than are told. */
  truncated?: boolean;
}

/** Sums what sessions spent. */
export async function readUsage(
  call: Caller,
  { signal, timeoutMs, ...query }: UsageFilter & CallOptions,
): Promise<Usage> {
  const read = { method: 'GET', path: 'v1/usage', query, isRepeatable: true } as const;
  return (await call(read, { signal, timeoutMs })).body as Usage;
}
