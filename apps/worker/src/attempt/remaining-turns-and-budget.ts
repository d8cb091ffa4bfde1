import { defined, type FailureFacts, type Session, type SessionConfig } from '@baton/core/internal';

/**
 * Returns the config of the next attempt, with the turns and the budget that earlier attempts did
 * not use.
 */
export function buildRemainingConfig({ config, totals }: Session): SessionConfig {
  const { max_turns, max_budget_usd } = config;
  return {
    ...config,
    ...defined({
      max_turns: max_turns === undefined ? undefined : max_turns - totals.num_turns,
      max_budget_usd: max_budget_usd === undefined ? undefined : max_budget_usd - totals.cost_usd,
    }),
  };
}

/** Returns why no further attempt may begin, or null if turns and budget are left. */
export function findSpentLimit(config: SessionConfig): FailureFacts | null {
  if (config.max_turns !== undefined && config.max_turns <= 0) {
    return {
      code: 'MAX_TURNS',
      message: 'earlier attempts of the session used all turns that max_turns allows',
      retryable: false,
    };
  }
  if (config.max_budget_usd !== undefined && config.max_budget_usd <= 0) {
    return {
      code: 'BUDGET_EXCEEDED',
      message: 'earlier attempts of the session spent all that max_budget_usd allows',
      retryable: false,
    };
  }
  return null;
}
