import {
  addTotals,
  boundResult,
  DEFAULT_PRICES,
  defined,
  type Prices,
  type Result,
  type Totals,
} from '@baton/core/internal';
import { isReset } from './claude-session-id.ts';
import type { CostState } from './cost-state.ts';
import { type ClaudeLine, type MessageUsage, resultOf, usageOf } from './line.ts';
import { createPendingUsage } from './pending-usage.ts';
import { createRunningTotals, type Reading } from './running-totals.ts';
import { type ModelUsages, sum, tokensOfUsages } from './tokens.ts';

/** What the conversation had spent before this process began. All counts are zero for a launch. */
export interface MeterStart {
  costAtStart: number;
  modelUsageAtStart: ModelUsages;
  apiDurationMsAtStart?: number;
}

/** Counts what one process spends. */
export interface Meter {
  /** Updates the counts from a line of stdout. */
  observe(line: ClaudeLine): void;
  /** Updates the counts from the usage of a message in the transcript. */
  refine(spent: MessageUsage): void;
  /** Updates the counts from the transcript's last cost-state, after the process has ended. */
  settle(state: Reading): void;
  /**
   * Returns what this process alone has spent so far. A cost that the CLI did not report is
   * estimated.
   */
  totals(): Totals;
  /**
   * Returns the last result line, cut to the size that may be stored, with the turns, time and usage
   * of all result lines. Returns null before the first result line. The result's total_cost_usd
   * stays the CLI's own figure, which counts the whole conversation.
   */
  result(): Result | null;
}

/**
 * Creates the meter of a process. `start` is what its conversation had spent when the process
 * began.
 */
export function createMeter(start: MeterStart, prices: Prices = DEFAULT_PRICES): Meter {
  const pendingUsage = createPendingUsage(prices);
  const results: Result[] = [];
  const running = createRunningTotals({
    totalCostUsd: start.costAtStart,
    modelUsage: start.modelUsageAtStart,
    apiDurationMs: start.apiDurationMsAtStart ?? 0,
  });
  // A cost-state has the cost and the tokens but no turns, so the turns of the messages that it
  // covers are counted here.
  let settledTurns = 0;
  let isSettled = false;

  return {
    observe(line) {
      const spent = usageOf(line);
      if (spent !== null) pendingUsage.count(spent);
      if (isReset(line)) running.restart();
      const result = resultOf(line);
      if (result === null) return;
      results.push(result);
      pendingUsage.markReported(result.total_cost_usd !== undefined);
      running.read({
        totalCostUsd: result.total_cost_usd,
        apiDurationMs: result.duration_api_ms,
        modelUsage: result.modelUsage,
      });
    },

    refine(spent) {
      // The transcript is read late. Once the CLI has reported a cost, that cost includes every
      // message of the transcript, except messages that stdout has shown since the report.
      pendingUsage.count(spent, results.length > 0 || isSettled);
    },

    settle(state) {
      // Skip an entry that was there when the process began (equal cost), or is older than the last
      // result (lower cost).
      const cost = state.totalCostUsd ?? 0;
      if (cost === running.costAtStart()) return;
      if (results.length > 0 && cost < running.lastCost()) return;
      isSettled = true;
      settledTurns += pendingUsage.totals().num_turns;
      pendingUsage.markReported();
      running.read(state);
    },

    totals() {
      const { costUsd, apiDurationMs, tokens } = running.spent();
      return addTotals(
        {
          cost_usd: costUsd,
          num_turns: settledTurns + sum(results.map((one) => one.num_turns)),
          ...(tokens ?? tokensOfUsages(results.flatMap((one) => one.usage ?? []))),
          duration_api_ms: apiDurationMs,
        },
        { ...pendingUsage.totals(), duration_api_ms: 0 },
      );
    },

    result() {
      const last = results.at(-1);
      return last === undefined ? null : boundResult(combine(results, last));
    },
  };
}

/** Creates the meter of a process whose transcript held the totals `start` when the process began. */
export function meterFrom(start: CostState, prices?: Prices): Meter {
  return createMeter(
    {
      costAtStart: start.totalCostUsd,
      modelUsageAtStart: start.modelUsage,
      apiDurationMsAtStart: start.apiDurationMs,
    },
    prices,
  );
}

function combine(results: readonly Result[], last: Result): Result {
  const usages = results.flatMap((one) => one.usage ?? []);
  const total = (key: 'num_turns' | 'duration_ms') =>
    results.some((one) => one[key] !== undefined) ? sum(results.map((one) => one[key])) : undefined;
  return {
    ...last,
    ...defined({
      num_turns: total('num_turns'),
      duration_ms: total('duration_ms'),
      usage: usages.length > 0 ? tokensOfUsages(usages) : undefined,
    }),
  };
}
