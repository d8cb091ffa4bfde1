import {
  defined,
  type FailureFacts,
  isAppError,
  isStoreAway,
  type Outcome,
} from '@baton/core/internal';
import type { AbortReason } from '../claude/abort-reason.ts';
import { concludeAttempt } from '../claude/conclude.ts';
import { findFileProblem, type HostProblem, findHostErrno } from '../host-problem/find-host-problem.ts';

/** The error of the host that kept an attempt from being prepared, or null where it was something else. */
export function preparationProblem(error: unknown): HostProblem | null {
  // A connection to MongoDB that cannot be opened for want of files is the host's as well.
  if (isStoreAway(error) && findHostErrno(error) === null) return null;
  return isAppError(error) ? null : findFileProblem(error);
}

/** The outcome of an attempt that could not be prepared: the store's absence costs the session nothing. */
export function refusalOutcome(error: unknown): Outcome {
  return isStoreAway(error) ? { kind: 'handed_back' } : { kind: 'failed', failure: refusal(error) };
}

/** The outcome of an attempt that was ended before its process began. */
export function neverRan(reason: AbortReason): Outcome {
  return concludeAttempt({
    exit: { code: null, signal: null },
    result: null,
    sawInit: false,
    abort: reason,
    resultBeforeAbort: false,
    stderrTail: '',
  });
}

function refusal(error: unknown): FailureFacts {
  if (!isAppError(error)) {
    return {
      code: 'INTERNAL',
      message: 'the worker could not prepare the run; its log says why',
      retryable: false,
    };
  }
  return {
    code: error.code,
    message: error.message,
    retryable: false,
    ...defined({ field: error.details?.field }),
  };
}
