// What becomes of an attempt that could not be prepared: its host failed it, a store is away, or the session is refused.
import {
  codeFacts,
  defined,
  type FailureFacts,
  isAppError,
  isStoreAway,
  type Logger,
  type Outcome,
} from '@baton/core/internal';
import type { HostHealth } from '../host/host-health.ts';
import {
  findFileProblem,
  findHostErrno,
  type HostProblem,
} from '../host-problem/find-host-problem.ts';

/**
 * The outcome of an attempt that could not be prepared. An error of the host is reported to `host`, and the
 * session goes back to the queue; any other error is logged and is the session's.
 */
export function refuseAttempt(
  error: unknown,
  host: Pick<HostHealth, 'report'>,
  log: Logger,
): Outcome {
  const problem = findPreparationProblem(error);
  if (!problem) {
    logRefusal(error, log);
    return refusalOutcome(error);
  }
  log.debug({ err: error }, 'the host kept the attempt from starting');
  host.report(problem);
  return hostFailure(problem, 0);
}

/** The outcome of an error that is not the host's: a store that is away costs the session nothing, any other error fails it. */
export function refusalOutcome(error: unknown): Outcome {
  return isStoreAway(error)
    ? { kind: 'handed_back' }
    : { kind: 'failed', failure: toFailure(error) };
}

/** The outcome of an attempt that its host kept from starting. */
export function hostFailure(
  { code, message }: Pick<FailureFacts, 'code' | 'message'>,
  waitMs: number,
): Outcome {
  return { kind: 'host_failure', failure: { code, message, retryable: true }, waitMs };
}

/** The problem of the host that kept an attempt from being prepared, or null where it was something else. */
function findPreparationProblem(error: unknown): HostProblem | null {
  // A connection to MongoDB that cannot be opened for want of files is the host's as well.
  if (isStoreAway(error) && findHostErrno(error) === null) return null;
  return isAppError(error) ? null : findFileProblem(error);
}

// A mistake of the caller's has a message that says all; a stack trace would read as a fault of the worker.
function logRefusal(error: unknown, log: Logger): void {
  if (isAppError(error) && (codeFacts(error.code).http ?? 500) < 500) {
    const { code, message, details } = error;
    log.info(
      { code, ...defined({ field: details?.field }) },
      `the session was refused: ${message}`,
    );
    return;
  }
  log.warn({ err: error }, 'the attempt could not be prepared');
}

function toFailure(error: unknown): FailureFacts {
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
