// The CLI's counters run over a conversation, from process to process. What one process spent is their rise.
// Where they fall the CLI has begun to count anew: all that they say from then on is new.
import { type CostState, NOTHING_SPENT } from './cost-state.ts';
import {
  fallenModels,
  type ModelUsages,
  sumTokens,
  type Tokens,
  tokensOfModels,
  tokensOfUsages,
} from './tokens.ts';

/** What the CLI said of its counters; a counter that is absent was not named. */
export type Reading = { [K in keyof CostState]?: CostState[K] | undefined };

/** What one process added to the CLI's counters. */
export interface RunningTotals {
  /** Takes a reading of the CLI's counters. */
  read(reading: Reading): void;
  /** The counters begin anew, as they do in a conversation that `/clear` began. */
  restart(): void;
  /** The cost where the counters stood when they were read last, in US dollars. */
  lastCost(): number;
  /** The cost that the counters had when the process, or the CLI's count, began, in US dollars. */
  costAtStart(): number;
  /** What was added, in US dollars and milliseconds; tokens where the CLI counted any. */
  spent(): { costUsd: number; apiDurationMs: number; tokens: Tokens | undefined };
}

// The counters are sums of fractions: what falls by no more than rounding has not fallen.
const ROUNDING = 1e-9;

/** The totals of a process that began when the counters stood at `start`. */
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

  // Of these models alone: where the cost went on, so did the counts of the others.
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
        // After a slash command that the CLI ran by itself this counter reads 0, whatever it was before.
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
