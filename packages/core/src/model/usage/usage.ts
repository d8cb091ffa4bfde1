import { z } from 'zod';

/** The ways to group sums of usage. */
export const USAGE_GROUPS = ['day', 'model', 'tag', 'key'] as const;

const count = z.number().nonnegative();

/** Schema of the total usage of several sessions. */
export const spendingSchema = z.object({
  sessions: count,
  cost_usd: count,
  cost_estimated_usd: count.describe('Part of `cost_usd` that is estimated from tokens.'),
  unpriced_tokens: count.describe('Tokens without a cost, because their model has no price.'),
  num_turns: count,
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
});

/** The total usage of several sessions. */
export type Spending = z.infer<typeof spendingSchema>;

/** The ways to group sums of usage. */
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** The keys of Spending that are sums over the totals of sessions: all keys except `sessions`. */
export const SUMMED = [
  'cost_usd',
  'cost_estimated_usd',
  'unpriced_tokens',
  'num_turns',
  'input_tokens',
  'output_tokens',
  'cache_creation_input_tokens',
  'cache_read_input_tokens',
] as const satisfies (keyof Spending)[];

/** A usage of zero. */
export const NO_SPENDING: Spending = Object.freeze({
  sessions: 0,
  cost_usd: 0,
  cost_estimated_usd: 0,
  unpriced_tokens: 0,
  num_turns: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
});

/** Returns the sum of two usages. */
export function addSpending(a: Spending, b: Spending): Spending {
  const sum = { ...NO_SPENDING, sessions: a.sessions + b.sessions };
  for (const key of SUMMED) sum[key] = a[key] + b[key];
  return sum;
}
