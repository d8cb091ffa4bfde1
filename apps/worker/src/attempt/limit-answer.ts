import type { Result } from '@baton/core/internal';
import type { AbortReason } from '../claude/abort-reason.ts';
import type { Meter } from '../claude/meter.ts';
import type { TurnCount } from './turn-count.ts';

/** The answer that a session gave with exactly its last turn. */
export interface LimitAnswer {
  /** Called with each result line. */
  turnEnded(): void;
  /**
   * Returns the facts that replace those of the run. If Baton stopped the run because its turns
   * were spent, the answer at the limit stands: after that answer, the CLI had only begun a turn
   * with a message that was already waiting. Otherwise returns no facts.
   */
  facts(
    reason: AbortReason | null,
  ): { result: Result; resultBeforeAbort: true; isInterim: false } | Record<string, never>;
}

/** Creates the limit answer of a run. */
export function createLimitAnswer(
  meter: Pick<Meter, 'result'>,
  turns: Pick<TurnCount, 'isUsedUp' | 'isExceeded'>,
): LimitAnswer {
  let answer: Result | null = null;
  return {
    turnEnded() {
      const result = meter.result();
      const isAtLimit = turns.isUsedUp() && !turns.isExceeded();
      if (isAtLimit && result?.is_error === false) answer = result;
    },
    facts: (reason) =>
      reason?.kind === 'turns_spent' && answer
        ? { result: answer, resultBeforeAbort: true, isInterim: false }
        : {},
  };
}
