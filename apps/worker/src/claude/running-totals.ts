// The CLI's counters count a whole conversation, from process to process (docs/claude-cli.md,
// section 11). One process spent the amount by which the counters rose. If a counter falls, the CLI
// has begun to count from zero, so everything that it counts from then on is new.
import { type CostState, NOTHING_SPENT } from './cost-state.ts';
import {
  fallenModels,
  type ModelUsages,
  sumTokens,
  type Tokens,
  tokensOfModels,
  tokensOfUsages,
} from './tokens.ts';

/** One report of the CLI's counters. A counter that the CLI did not report is absent. */
export type Reading = { [K in keyof CostState]?: CostState[K] | undefined };

/** What one process added to the CLI's counters. */
export interface RunningTotals {
  /** Updates the totals from a report of the CLI's counters. */
  read(reading: Reading): void;
  /** Records that the counters begin at zero again, as in a conversation that `/clear` began. */
  restart(): void;
  /** Returns the cost of the last report, in US dollars. */
  lastCost(): number;
  /**
   * Returns the cost, in US dollars, that the counters showed when the process began or when they
   * last restarted.
   */
  costAtStart(): number;
  /**
   * Returns what the process added, in US dollars and milliseconds. `tokens` is undefined if the
   * CLI reported no tokens.
   */
  spent(): { costUsd: number; apiDurationMs: number; tokens: Tokens | undefined };
}

// The counters are sums of fractions, so a decrease within the rounding error is ignored.
const ROUNDING = 1e-9;

/**
 * Creates the totals of a process. `start` holds the values of the counters when the process began.
 */
export function createRunningTotals(start: CostState): RunningTotals {
  let base = start;
  let last: CostState = start;
  let hasTokenCounts = false;
  let cost = 0;
  let apiMs = 0;
  let tokens = tokensOfUsages([]);

  function restart(): void {
    cost += last.totalCostUsd - base.totalCostUsd;
    apiMs += last.apiDurationMs - base.apiDurationMs;
    tokens = sumTokens(tokens, tokensOfModels(last.modelUsage, base.modelUsage));
    base = NOTHING_SPENT;
    last = NOTHING_SPENT;
  }

  // Restarts the counts of these models only. The cost did not decrease, so the CLI did not reset
  // the counts of the other models.
  function restartModels(models: readonly string[]): void {
    const only = (usages: ModelUsages) => pick(usages, (model) => models.includes(model));
    const others = (usages: ModelUsages) => pick(usages, (model) => !models.includes(model));
    tokens = sumTokens(tokens, tokensOfModels(only(last.modelUsage), only(base.modelUsage)));
    base = { ...base, modelUsage: others(base.modelUsage) };
    last = { ...last, modelUsage: others(last.modelUsage) };
  }

  return {
    read({ totalCostUsd = last.totalCostUsd, modelUsage, apiDurationMs = 0 }) {
      if (totalCostUsd < last.totalCostUsd * (1 - ROUNDING)) restart();
      else restartModels(fallenModels(modelUsage ?? {}, last.modelUsage));
      hasTokenCounts ||= modelUsage !== undefined;
      last = {
        totalCostUsd,
        modelUsage: modelUsage ?? last.modelUsage,
        // After a slash command that the CLI ran by itself, this counter is 0 although it was
        // higher before.
        apiDurationMs: Math.max(apiDurationMs, last.apiDurationMs),
      };
    },
    restart,
    lastCost: () => last.totalCostUsd,
    costAtStart: () => base.totalCostUsd,
    spent: () => ({
      costUsd: cost + Math.max(0, last.totalCostUsd - base.totalCostUsd),
      apiDurationMs: apiMs + last.apiDurationMs - base.apiDurationMs,
      tokens: hasTokenCounts
        ? sumTokens(tokens, tokensOfModels(last.modelUsage, base.modelUsage))
        : undefined,
    }),
  };
}

function pick(usages: ModelUsages, isWanted: (model: string) => boolean): ModelUsages {
  return Object.fromEntries(Object.entries(usages).filter(([model]) => isWanted(model)));
}
