import { z } from 'zod';

const count = z.number().nonnegative();

/** What a session spent, summed over its attempts; money in US dollars, durations in milliseconds. */
export const totalsSchema = z.object({
  cost_usd: count,
  num_turns: count,
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
  duration_api_ms: count,
});

/** What a session spent. */
export type Totals = z.infer<typeof totalsSchema>;

/** Nothing spent. */
export const NO_TOTALS: Totals = Object.freeze({
  cost_usd: 0,
  num_turns: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  duration_api_ms: 0,
});

/** The sum of two totals. */
export function addTotals(a: Totals, b: Totals): Totals {
  return {
    cost_usd: a.cost_usd + b.cost_usd,
    num_turns: a.num_turns + b.num_turns,
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
    cache_creation_input_tokens: a.cache_creation_input_tokens + b.cache_creation_input_tokens,
    cache_read_input_tokens: a.cache_read_input_tokens + b.cache_read_input_tokens,
    duration_api_ms: a.duration_api_ms + b.duration_api_ms,
  };
}
