import { costOf, DEFAULT_PRICES, priceOf, pricesSchema } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

describe('priceOf', () => {
  test.each([
    ['claude-opus-4-5', 'claude-opus-4-5'],
    ['claude-opus-4-5-20251101', 'claude-opus-4-5'],
    ['claude-sonnet-4-20250514', 'claude-sonnet-4'],
    ['claude-sonnet-4-6[1m]', 'claude-sonnet-4-6'],
    ['claude-3-5-haiku-latest', 'claude-3-5-haiku'],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude-sonnet-4-5'],
    ['claude-opus-4-1@20250805', 'claude-opus-4-1'],
  ])('finds for %s the price of %s', (model, name) => {
    expect(priceOf(model, DEFAULT_PRICES)).toBe(DEFAULT_PRICES[name]);
  });

  test.each(['claude-opus-4-9', 'claude-opus-9', 'gpt-5', '', '<synthetic>', 'not-claude-opus-5'])(
    'finds no price for "%s"',
    (model) => expect(priceOf(model, DEFAULT_PRICES)).toBeUndefined(),
  );
});

describe('costOf', () => {
  const price = { input: 5, output: 25, cache_write: 6.25, cache_read: 0.5 };

  test.each([
    [{}, 0],
    [{ input_tokens: 1_000_000 }, 5],
    [{ output_tokens: 1_000_000 }, 25],
    [{ cache_read_input_tokens: 1_000_000 }, 0.5],
    [{ cache_creation_input_tokens: 1_000_000 }, 6.25],
    [{ cache_creation_input_tokens: 1_000_000, cache_creation_1h_input_tokens: 1_000_000 }, 10],
    [{ cache_creation_input_tokens: 1_000_000, cache_creation_1h_input_tokens: 400_000 }, 7.75],
    [{ input_tokens: 100, output_tokens: 10 }, 0.00075],
  ])('returns for %j the cost of %f dollars', (usage, dollars) => {
    expect(costOf(usage, price)).toBeCloseTo(dollars, 12);
  });

  test('uses the price for an hour in the cache if the table has that price', () => {
    const usage = {
      cache_creation_input_tokens: 1_000_000,
      cache_creation_1h_input_tokens: 1_000_000,
    };
    expect(costOf(usage, { ...price, cache_write_1h: 7 })).toBe(7);
  });
});

test("the default price table fits the schema of the operator's table", () => {
  expect(pricesSchema.parse(DEFAULT_PRICES)).toEqual(DEFAULT_PRICES);
});
