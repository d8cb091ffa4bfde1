// Counts the usage that the CLI's figures do not include yet, by message, and estimates its cost
// from a table of prices.
import {
  costOf,
  defined,
  type Price,
  type PricedUsage,
  type Prices,
  priceOf,
  type Totals,
} from '@baton/core/internal';
import type { MessageUsage } from './line.ts';
import { recount, type Tokens, tokensOfUsages } from './tokens.ts';

/** The usage of the messages that the CLI's figures do not include yet. */
export interface PendingUsage {
  /**
   * Counts the usage of a message. Several lines may report one message, each more complete than
   * the line before. With `onlyKnown` a message that no earlier line reported is left out.
   */
  count(spent: MessageUsage, onlyKnown?: boolean): void;
  /**
   * Marks all usage so far as reported: the CLI's figures now include its tokens and turns, and its
   * cost unless `isCostReported` is false.
   */
  markReported(isCostReported?: boolean): void;
  /** Returns the tokens, the estimated cost and the turns that are not reported yet. */
  totals(): Omit<Totals, 'duration_api_ms'>;
}

interface Message {
  usage: PricedUsage;
  price: Price | undefined;
  /**
   * How many times the CLI had reported its figures when this message was counted. The figures
   * include every message of an earlier round.
   */
  round: number;
}

const KEYS = [
  'input_tokens',
  'output_tokens',
  'cache_creation_input_tokens',
  'cache_read_input_tokens',
  'cache_creation_1h_input_tokens',
] as const;

/** Creates an empty count. */
export function createPendingUsage(prices: Prices): PendingUsage {
  const messages = new Map<string, Message>();
  const priceCache = new Map<string, Price | undefined>();
  let round = 0;
  let tokens = tokensOfUsages([]);
  let cost = 0;
  let unpriced = 0;
  let turns = 0;

  function priceFor(model = ''): Price | undefined {
    if (!priceCache.has(model)) priceCache.set(model, priceOf(model, prices));
    return priceCache.get(model);
  }

  function add({ usage, price }: Message, sign: 1 | -1): void {
    if (price) cost += sign * costOf(usage, price);
    else unpriced += sign * sumOf(tokensOfUsages([usage]));
  }

  return {
    count({ messageId, usage, model, isSubAgent }, onlyKnown = false) {
      const before = messages.get(messageId);
      if (before ? before.round !== round || !isMoreComplete(before.usage, usage) : onlyKnown)
        return;
      if (!before && !isSubAgent) turns += 1;
      const message = { usage: most(before?.usage, usage), price: priceFor(model), round };
      if (before) add(before, -1);
      add(message, 1);
      tokens = recount(tokens, before?.usage, message.usage);
      messages.set(messageId, message);
    },
    markReported(isCostReported = true) {
      round += 1;
      tokens = tokensOfUsages([]);
      turns = 0;
      if (!isCostReported) return;
      cost = 0;
      unpriced = 0;
    },
    totals: () => ({
      cost_usd: Math.max(0, cost),
      ...defined({
        cost_estimated_usd: cost > 0 ? cost : undefined,
        unpriced_tokens: unpriced > 0 ? unpriced : undefined,
      }),
      num_turns: turns,
      ...tokens,
    }),
  };
}

function isMoreComplete(before: PricedUsage, now: PricedUsage): boolean {
  return KEYS.some((key) => (now[key] ?? 0) > (before[key] ?? 0));
}

// The first lines of a message report the usage that was known when the message began, so the
// highest count is correct.
function most(before: PricedUsage | undefined, now: PricedUsage): PricedUsage {
  if (!before) return now;
  const merged: PricedUsage = {};
  for (const key of KEYS) {
    const value = Math.max(before[key] ?? 0, now[key] ?? 0);
    if (value > 0) merged[key] = value;
  }
  return merged;
}

function sumOf(tokens: Tokens): number {
  return Object.values(tokens).reduce<number>((sum, one) => sum + (one ?? 0), 0);
}
