import { z } from 'zod';

/** What sums can be told apart by. */
export const USAGE_GROUPS = ['day', 'model', 'tag', 'key'] as const;

const count = z.number().nonnegative();

/** What some sessions spent together. */
export const spendingSchema = z.object({
  sessions: count,
  cost_usd: count,
  cost_estimated_usd: count.describe('How much of cost_usd is estimated from tokens.'),
  unpriced_tokens: count.describe('Tokens that no cost stands for.'),
  num_turns: count,
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
});

/** What some sessions spent together. */
export type Spending = z.infer<typeof spendingSchema>;

/** What sums can be told apart by. */
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** The keys of Spending, `sessions` aside: the sums over sessions' totals. */
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

/** Nothing spent by nobody. */
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

/** The sum of two. */
export function addSpending(a: Spending, b: Spending): Spending {
  const sum = { ...NO_SPENDING, sessions: a.sessions + b.sessions };
  for (const key of SUMMED) sum[key] = a[key] + b[key];
  return sum;
}
