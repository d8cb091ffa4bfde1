import { z } from 'zod';

const count = z.number().nonnegative();

/** Schema of what a session spent, summed over its attempts. Costs are in US dollars and durations in milliseconds. */
export const totalsSchema = z.object({
  cost_usd: count,
  cost_estimated_usd: count
    .optional()
    .describe(
      'Part of `cost_usd` that is estimated from tokens and list prices, because a process ended or still runs without having reported its cost.',
    ),
  unpriced_tokens: count
    .optional()
    .describe('Tokens without a cost, because their model has no price in the table.'),
  num_turns: count,
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
  duration_api_ms: count,
});

/** What a session spent. */
export type Totals = z.infer<typeof totalsSchema>;

/** The totals of a session that spent nothing. */
export const NO_TOTALS = Object.freeze({
  cost_usd: 0,
  num_turns: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  duration_api_ms: 0,
}) satisfies Totals;

const OPTIONAL = ['cost_estimated_usd', 'unpriced_tokens'] as const;

/** Returns the sum of two totals. An optional key whose sum is zero is absent. */
export function addTotals(a: Totals, b: Totals): Totals {
  const total: Totals = { ...NO_TOTALS };
  for (const key of Object.keys(NO_TOTALS) as (keyof typeof NO_TOTALS)[]) {
    total[key] = a[key] + b[key];
  }
  for (const key of OPTIONAL) {
    const sum = (a[key] ?? 0) + (b[key] ?? 0);
    if (sum > 0) total[key] = sum;
  }
  return total;
}
