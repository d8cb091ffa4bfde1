import { z } from 'zod';
import type { Usage } from '../session/result.ts';

const dollars = z.number().nonnegative();

/** Schema of the prices of a model, in US dollars per million tokens. */
const priceSchema = z.strictObject({
  input: dollars,
  output: dollars,
  cache_write: dollars.describe('Tokens written to the cache for 5 minutes.'),
  cache_write_1h: dollars
    .optional()
    .describe('Tokens written to the cache for an hour. Default: twice `input`.'),
  cache_read: dollars,
});

/** Schema of prices by model. A name also matches its dated and hosted forms, such as `<name>-20251101`. */
export const pricesSchema = z.record(z.string().min(1), priceSchema);

/** The prices of a model, in US dollars per million tokens. */
export type Price = z.infer<typeof priceSchema>;

/** Prices by model. */
export type Prices = Readonly<Record<string, Price>>;

/** Token counts as the API reports them, and how many of the cached tokens are kept for an hour. */
export type PricedUsage = Usage & { cache_creation_1h_input_tokens?: number };

const OPUS: Price = { input: 5, output: 25, cache_write: 6.25, cache_read: 0.5 };
const SONNET: Price = { input: 3, output: 15, cache_write: 3.75, cache_read: 0.3 };
const FABLE: Price = { input: 10, output: 50, cache_write: 12.5, cache_read: 1 };

/**
 * The vendor's list prices of November 2026 (platform.claude.com, "Pricing"), which claude 2.1.330 also uses. Haiku
 * 5.5 is missing, because its price depends on the length of each prompt.
 */
export const DEFAULT_PRICES: Prices = Object.freeze({
  'claude-opus-5-5': { input: 4, output: 20, cache_write: 5, cache_read: 0.2 },
  'claude-opus-5': OPUS,
  'claude-opus-4-8': OPUS,
  'claude-opus-4-7': OPUS,
  'claude-opus-4-6': OPUS,
  'claude-opus-4-5': OPUS,
  'claude-opus-4-1': { input: 15, output: 75, cache_write: 18.75, cache_read: 1.5 },
  'claude-opus-4': { input: 15, output: 75, cache_write: 18.75, cache_read: 1.5 },
  'claude-sonnet-5-5': { input: 2, output: 10, cache_write: 2.5, cache_read: 0.1 },
  'claude-sonnet-5': { input: 2, output: 10, cache_write: 2.5, cache_read: 0.2 },
  'claude-sonnet-4-6': SONNET,
  'claude-sonnet-4-5': SONNET,
  'claude-sonnet-4': SONNET,
  'claude-3-7-sonnet': SONNET,
  'claude-haiku-4-5': { input: 1, output: 5, cache_write: 1.25, cache_read: 0.1 },
  'claude-3-5-haiku': { input: 0.8, output: 4, cache_write: 1, cache_read: 0.08 },
  'claude-fable-5-1': { ...FABLE, cache_read: 0.25 },
  'claude-fable-5': FABLE,
  'claude-mythos-5-1': { ...FABLE, cache_read: 0.25 },
  'claude-mythos-5': FABLE,
});

// What may follow the name of a model: a date, a hosted version, or a mark for a long context. A
// further version number may not follow, because a later model has its own price.
const BEHIND = /^(-\d{8}|-latest)?(-v\d+)?([:@[].*)?$/;

/** Returns the price of a model, or undefined if the table has none. */
export function priceOf(model: string, prices: Prices): Price | undefined {
  const name = Object.keys(prices)
    .filter((one) => isNameOf(one, model))
    .sort((a, b) => b.length - a.length)[0];
  return name === undefined ? undefined : prices[name];
}

/** Returns the cost of these tokens in US dollars. */
export function costOf(usage: PricedUsage, price: Price): number {
  const { input_tokens = 0, output_tokens = 0, cache_read_input_tokens = 0 } = usage;
  const { cache_creation_input_tokens = 0, cache_creation_1h_input_tokens: hour = 0 } = usage;
  return (
    (input_tokens * price.input +
      output_tokens * price.output +
      cache_read_input_tokens * price.cache_read +
      Math.max(0, cache_creation_input_tokens - hour) * price.cache_write +
      hour * (price.cache_write_1h ?? 2 * price.input)) /
    1_000_000
  );
}

// Cloud providers put a prefix before the name, as in `us.anthropic.claude-...`.
function isNameOf(name: string, model: string): boolean {
  const at = model.indexOf(name);
  return (
    at >= 0 && (at === 0 || model[at - 1] === '.') && BEHIND.test(model.slice(at + name.length))
  );
}
