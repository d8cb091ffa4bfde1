import type { Failure } from './failure.ts';
import type { Result } from './result.ts';

/** Every kind of verdict on an attempt. */
export const OUTCOME_KINDS = [
  'completed',
  'failed',
  'cancelled',
  'handed_back',
  'host_failure',
] as const;

/** A failure before it is stored, without its attempt and time. */
export type FailureFacts = Omit<Failure, 'attempt' | 'at'>;

/** Baton's verdict on an attempt: how its run ended. The worker's `AttemptResult` says what follows for the session. */
export type Outcome =
  | { kind: 'completed'; result?: Result; stopped_by?: 'interrupt' }
  | { kind: 'failed'; failure: FailureFacts; result?: Result }
  | { kind: 'cancelled'; result?: Result }
  | { kind: 'handed_back' }
  /** The host kept the CLI from starting. The session waits for `waitMs` milliseconds and then runs elsewhere. */
  | { kind: 'host_failure'; failure: FailureFacts; waitMs: number };
