import { defined, type FailureFacts, type Session, type SessionConfig } from '@baton/core/internal';

/** What earlier attempts left of a session's limits, as the config of the next one. */
export function remainingLimits({ config, totals }: Session): SessionConfig {
  const { max_turns, max_budget_usd } = config;
  return {
    ...config,
    ...defined({
      max_turns: max_turns === undefined ? undefined : max_turns - totals.num_turns,
      max_budget_usd: max_budget_usd === undefined ? undefined : max_budget_usd - totals.cost_usd,
    }),
  };
}

/** Why no further attempt may begin, or null where there is something left. */
export function spentLimit(config: SessionConfig): FailureFacts | null {
  if (config.max_turns !== undefined && config.max_turns <= 0) {
    return {
      code: 'MAX_TURNS',
      message: 'earlier attempts took all turns that max_turns allows',
      retryable: false,
    };
  }
  if (config.max_budget_usd !== undefined && config.max_budget_usd <= 0) {
    return {
      code: 'BUDGET_EXCEEDED',
      message: 'earlier attempts spent all that max_budget_usd allows',
      retryable: false,
    };
  }
  return null;
}
