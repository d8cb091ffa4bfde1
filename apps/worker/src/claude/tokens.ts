import type { Result, Totals, Usage } from '@baton/core';

/** Token counts by model, as the CLI writes them. */
export type ModelUsages = NonNullable<Result['modelUsage']>;

/** The token counts of Totals. */
export type Tokens = Omit<Totals, 'cost_usd' | 'num_turns' | 'duration_api_ms'>;

const KEYS = [
  ['input_tokens', 'inputTokens'],
  ['output_tokens', 'outputTokens'],
  ['cache_creation_input_tokens', 'cacheCreationInputTokens'],
  ['cache_read_input_tokens', 'cacheReadInputTokens'],
] as const;

/** The sum of what the API counted. */
export function tokensOfUsages(usages: readonly Usage[]): Tokens {
  return count((key) => sum(usages.map((usage) => usage[key])));
}

/** A sum in which `now` takes the place of what was counted `before`, if anything was. */
export function recount(total: Tokens, before: Usage | undefined, now: Usage): Tokens {
  return count((key) => total[key] - (before?.[key] ?? 0) + (now[key] ?? 0));
}

/** What all models used between two running totals; never below zero. */
export function tokensOfModels(now: ModelUsages, before: ModelUsages): Tokens {
  const total = (usages: ModelUsages, modelKey: (typeof KEYS)[number][1]) =>
    sum(Object.values(usages).map((usage) => usage[modelKey]));
  return count((_, modelKey) => Math.max(0, total(now, modelKey) - total(before, modelKey)));
}

/** The sum, where what is absent counts nothing. */
export function sum(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((total, one) => total + (one ?? 0), 0);
}

function count(
  read: (key: (typeof KEYS)[number][0], modelKey: (typeof KEYS)[number][1]) => number,
): Tokens {
  const tokens: Partial<Tokens> = {};
  for (const [key, modelKey] of KEYS) tokens[key] = read(key, modelKey);
  return tokens as Tokens;
}
