import type { Session } from '@baton/core/internal';
import type { AttemptProgress } from './progress.ts';

/** The turns and the money that a session has spent, over all its attempts and messages. */
export interface TurnCount {
  /** Returns whether `max_budget_usd` leaves nothing for another message. */
  isBudgetSpent(): boolean;
  /** Returns whether `max_turns` leaves no turn for another message. */
  isUsedUp(): boolean;
  /** Returns whether more turns were taken than `max_turns` allows. */
  isExceeded(): boolean;
}

/**
 * Counts the turns of a session. The CLI counts the turns of each message anew (docs/claude-cli.md,
 * section 15), so with several messages only Baton can hold the session to `max_turns`. Without
 * `max_turns`, the turns are never used up.
 */
export function countTurns(
  { config: { max_turns, max_budget_usd } }: Pick<Session, 'config'>,
  progress: Pick<AttemptProgress, 'totals'>,
): TurnCount {
  const turns = () => progress.totals().num_turns;
  return {
    isUsedUp: () => max_turns !== undefined && turns() >= max_turns,
    isExceeded: () => max_turns !== undefined && turns() > max_turns,
    isBudgetSpent: () =>
      max_budget_usd !== undefined && progress.totals().cost_usd >= max_budget_usd,
  };
}
