import type { Failure } from './failure.ts';
import type { Result } from './result.ts';

/** Every verdict on an attempt. */
export const OUTCOME_KINDS = ['completed', 'failed', 'cancelled', 'handed_back'] as const;

/** What a failure says before it is stored with its attempt and time. */
export type FailureFacts = Omit<Failure, 'attempt' | 'at'>;

/** Our verdict on an attempt. */
export type Outcome =
  | { kind: 'completed'; result?: Result; stopped_by?: 'interrupt' }
  | { kind: 'failed'; failure: FailureFacts; result?: Result }
  | { kind: 'cancelled'; result?: Result }
  | { kind: 'handed_back' };
