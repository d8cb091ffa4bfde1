import type { Failure } from './failure.ts';
import type { Result } from './result.ts';

/** Every verdict on an attempt. */
export const OUTCOME_KINDS = [
  'completed',
  'failed',
  'cancelled',
  'handed_back',
  'host_failure',
] as const;

/** What a failure says before it is stored with its attempt and time. */
export type FailureFacts = Omit<Failure, 'attempt' | 'at'>;

/** Our verdict on an attempt: how its run ended. What follows from it for the session is the worker's `AttemptResult`. */
export type Outcome =
  | { kind: 'completed'; result?: Result; stopped_by?: 'interrupt' }
  | { kind: 'failed'; failure: FailureFacts; result?: Result }
  | { kind: 'cancelled'; result?: Result }
  | { kind: 'handed_back' }
  /** The host kept the CLI from starting: the session waits `waitMs` (milliseconds) and runs elsewhere. */
  | { kind: 'host_failure'; failure: FailureFacts; waitMs: number };
