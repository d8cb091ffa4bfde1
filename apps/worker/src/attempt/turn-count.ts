import type { Session } from '@baton/core/internal';
import type { AttemptProgress } from './progress.ts';

/** The turns that a session has taken, over all its attempts and messages. */
export interface TurnCount {
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
  { config: { max_turns } }: Pick<Session, 'config'>,
  progress: Pick<AttemptProgress, 'totals'>,
): TurnCount {
  if (max_turns === undefined) return { isUsedUp: () => false, isExceeded: () => false };
  return {
    isUsedUp: () => progress.totals().num_turns >= max_turns,
    isExceeded: () => progress.totals().num_turns > max_turns,
  };
}
