import type { Result, Totals, Usage } from '@baton/core/internal';

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

/** Returns the sum of the API's token counts. */
export function tokensOfUsages(usages: readonly Usage[]): Tokens {
  return count((key) => sum(usages.map((usage) => usage[key])));
}

/** Returns the total after replacing the counts `before`, if any, with the counts `now`. */
export function recount(total: Tokens, before: Usage | undefined, now: Usage): Tokens {
  return count((key) => total[key] - (before?.[key] ?? 0) + (now[key] ?? 0));
}

/**
 * Returns the tokens that all models used between two running totals. A count that fell counts as
 * zero.
 */
export function tokensOfModels(now: ModelUsages, before: ModelUsages): Tokens {
  const rise = (model: string, key: (typeof KEYS)[number][1]) =>
    Math.max(0, (now[model]?.[key] ?? 0) - (before[model]?.[key] ?? 0));
  return count((_, modelKey) => sum(Object.keys(now).map((model) => rise(model, modelKey))));
}

/**
 * Returns the models whose running totals fell. A running total falls only if the CLI began to
 * count from zero.
 */
export function fallenModels(now: ModelUsages, before: ModelUsages): string[] {
  const isFallen = (usage: ModelUsages[string], was: ModelUsages[string] = {}) =>
    KEYS.some(([, key]) => (usage[key] ?? Number.POSITIVE_INFINITY) < (was[key] ?? 0));
  return Object.keys(now).filter((model) => isFallen(now[model] ?? {}, before[model]));
}

/** Returns the sum of two counts. */
export function sumTokens(a: Tokens, b: Tokens): Tokens {
  return count((key) => a[key] + b[key]);
}

/** Returns the sum. Undefined counts as zero. */
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
