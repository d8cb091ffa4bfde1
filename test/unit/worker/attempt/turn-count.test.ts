import { NO_TOTALS, type SessionConfig } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { countTurns } from '../../../../apps/worker/src/attempt/turn-count.ts';

function count(config: Partial<SessionConfig>, num_turns: number, cost_usd = 0) {
  const totals = () => ({ ...NO_TOTALS, num_turns, cost_usd });
  return countTurns({ config: { query: 'hi', ...config } }, { totals });
}

describe('the turns of a session', () => {
  test.for<[number, boolean, boolean]>([
    [1, false, false],
    [2, true, false],
    [3, true, true],
  ])('with max_turns 2: after %i turns, used up: %s, exceeded: %s', ([turns, used, exceeded]) => {
    const counted = count({ max_turns: 2 }, turns);
    expect([counted.isUsedUp(), counted.isExceeded()]).toEqual([used, exceeded]);
  });

  test('are never used up without max_turns', () => {
    const counted = count({}, 1_000_000);
    expect([counted.isUsedUp(), counted.isExceeded()]).toEqual([false, false]);
  });
});

test.for<[number, boolean]>([
  [0.49, false],
  [0.5, true],
])('with a budget of 0.50 dollars, %d dollars spend it: %s', ([cost, isSpent]) => {
  expect(count({ max_budget_usd: 0.5 }, 1, cost).isBudgetSpent()).toBe(isSpent);
  expect(count({}, 1, cost).isBudgetSpent()).toBe(false);
});
