import { NO_TOTALS } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import {
  buildRemainingConfig,
  findSpentLimit,
} from '../../../../apps/worker/src/attempt/remaining-turns-and-budget.ts';
import { makeSession } from '../../../support/factories.ts';

function remaining(limits: { max_turns?: number; max_budget_usd?: number }) {
  const totals = { ...NO_TOTALS, num_turns: 3, cost_usd: 0.5 };
  return buildRemainingConfig(
    makeSession({ config: { query: 'hi', model: 'm', ...limits }, totals }),
  );
}

describe('the limits of a later attempt', () => {
  test('are reduced by what earlier attempts used', () => {
    expect(remaining({ max_turns: 10, max_budget_usd: 2 })).toEqual({
      query: 'hi',
      model: 'm',
      max_turns: 7,
      max_budget_usd: 1.5,
    });
  });

  test('are absent if the session has none', () => {
    expect(remaining({})).toEqual({ query: 'hi', model: 'm' });
    expect(findSpentLimit(remaining({}))).toBeNull();
  });

  test.each([
    [{ max_turns: 4, max_budget_usd: 0.6 }, null],
    [{ max_turns: 3 }, 'MAX_TURNS'],
    [{ max_turns: 1 }, 'MAX_TURNS'],
    [{ max_budget_usd: 0.5 }, 'BUDGET_EXCEEDED'],
    [{ max_budget_usd: 0.1 }, 'BUDGET_EXCEEDED'],
  ])('%j allow the attempt or name the spent limit: %s', (limits, code) => {
    expect(findSpentLimit(remaining(limits))?.code ?? null).toBe(code);
  });
});
