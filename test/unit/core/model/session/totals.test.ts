import { addTotals, NO_TOTALS } from '@baton/core/internal';
import { expect, test } from 'vitest';

test.each([
  ['nothing', {}, {}, {}],
  [
    'what both spent',
    { cost_usd: 1, num_turns: 2 },
    { cost_usd: 2 },
    { cost_usd: 3, num_turns: 2 },
  ],
  [
    'what one estimated',
    { cost_usd: 1, cost_estimated_usd: 0.25 },
    { cost_usd: 2 },
    { cost_usd: 3, cost_estimated_usd: 0.25 },
  ],
  ['what both left out', { unpriced_tokens: 5 }, { unpriced_tokens: 7 }, { unpriced_tokens: 12 }],
])('a sum holds %s', (_, a, b, sum) => {
  expect(addTotals({ ...NO_TOTALS, ...a }, { ...NO_TOTALS, ...b })).toEqual({
    ...NO_TOTALS,
    ...sum,
  });
});
