import { expect, test } from 'vitest';
import { readCostState } from '../../../../apps/worker/src/claude/cost-state.ts';

// An entry that claude 2.1.330 wrote.
const ENTRY = {
  type: 'cost-state',
  sessionId: '0a46765b-a89a-4b25-a4a3-f578ad6834eb',
  totalCostUSD: 0.00007,
  totalAPIDuration: 40,
  totalAPIDurationWithoutRetries: 35,
  totalDuration: 638,
  startTime: 1795343366241,
  modelUsage: {
    'claude-sonnet-5-5': { inputTokens: 10, outputTokens: 5, thinkingTokens: 0, costUSD: 0.00007 },
  },
  hasUnknownModelCost: false,
};

test('a cost-state entry holds the running totals', () => {
  expect(readCostState(JSON.stringify(ENTRY))).toEqual({
    totalCostUsd: 0.00007,
    apiDurationMs: 40,
    modelUsage: { 'claude-sonnet-5-5': { inputTokens: 10, outputTokens: 5, costUSD: 0.00007 } },
  });
});

test('an entry with an impossible cost is ignored', () => {
  expect(readCostState(JSON.stringify({ ...ENTRY, totalCostUSD: 1e300 }))).toBeNull();
});

test('other fields that are missing or invalid count as zero', () => {
  const entry = { type: 'cost-state', totalCostUSD: 1, modelUsage: 'x', totalAPIDuration: 'y' };
  expect(readCostState(JSON.stringify(entry))).toEqual({
    totalCostUsd: 1,
    apiDurationMs: 0,
    modelUsage: {},
  });
});

test.each([
  ['another entry', JSON.stringify({ type: 'user', message: {} })],
  [
    'an entry that only mentions cost-state',
    JSON.stringify({ type: 'user', text: '"cost-state"', x: 'cost-state' }),
  ],
  ['an entry without a total', JSON.stringify({ ...ENTRY, totalCostUSD: null })],
  ['a line cut short', JSON.stringify(ENTRY).slice(0, 60)],
  ['an empty line', ''],
])('%s is not read as a cost-state entry', (_, text) => {
  expect(readCostState(text)).toBeNull();
});
