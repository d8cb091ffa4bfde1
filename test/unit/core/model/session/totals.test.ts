import { addTotals, NO_TOTALS } from '@baton/core/internal';
import { expect, test } from 'vitest';

test.each([
  ['two empty totals', {}, {}, {}],
  [
    'the costs of both',
    { cost_usd: 1, num_turns: 2 },
    { cost_usd: 2 },
    { cost_usd: 3, num_turns: 2 },
  ],
  [
    'an estimate that only one has',
    { cost_usd: 1, cost_estimated_usd: 0.25 },
    { cost_usd: 2 },
    { cost_usd: 3, cost_estimated_usd: 0.25 },
  ],
  [
    'the unpriced tokens of both',
    { unpriced_tokens: 5 },
    { unpriced_tokens: 7 },
    { unpriced_tokens: 12 },
  ],
])('addTotals adds %s', (_, a, b, sum) => {
  expect(addTotals({ ...NO_TOTALS, ...a }, { ...NO_TOTALS, ...b })).toEqual({
    ...NO_TOTALS,
    ...sum,
  });
});
