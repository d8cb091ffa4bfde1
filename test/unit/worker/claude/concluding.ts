// Results, exits and helpers for the tests of outcomes.
import type { Outcome, Result } from '@baton/core/internal';
import { type AttemptFacts, concludeAttempt } from '../../../../apps/worker/src/claude/conclude.ts';

/** A good last result. */
export const OK: Result = {
  type: 'result',
  subtype: 'success',
  is_error: false,
  num_turns: 1,
  result: 'hi',
};
/** A failed last result. */
export const FAILED: Result = {
  type: 'result',
  subtype: 'error_during_execution',
  is_error: true,
  num_turns: 1,
};

/** Exits of processes. */
export const EXIT = {
  zero: { code: 0, signal: null },
  one: { code: 1, signal: null },
  term: { code: 143, signal: null },
  sigint: { code: null, signal: 'SIGINT' },
  sigkill: { code: null, signal: 'SIGKILL' },
};

/** The outcome of a process that printed an init line and exited with 0, changed by these facts. */
export function conclude(facts: Partial<AttemptFacts>): Outcome {
  return concludeAttempt({
    exit: EXIT.zero,
    result: null,
    sawInit: true,
    abort: null,
    resultBeforeAbort: false,
    stderrTail: '',
    ...facts,
  });
}

/** The kind of the outcome, with the code of a failure or the reason of a stop. */
export function short(outcome: Outcome): string {
  if (outcome.kind === 'failed') return `failed ${outcome.failure.code}`;
  if (outcome.kind === 'completed' && outcome.stopped_by) return `completed ${outcome.stopped_by}`;
  return outcome.kind;
}
