// Decides the outcome of an attempt that could not be prepared. The cause is its host, a store that
// does not answer, or the session itself.
import {
  codeFacts,
  defined,
  type FailureFacts,
  isAppError,
  isStoreAway,
  type Logger,
  type Outcome,
} from '@baton/core/internal';
import { CaptureFailedError } from '../capture/capture-engine.ts';
import type { HostHealth } from '../host/host-health.ts';
import {
  findFileProblem,
  findHostErrno,
  type HostProblem,
} from '../host-problem/find-host-problem.ts';

/**
 * Returns the outcome of an attempt that could not be prepared. A host error is reported to `host`,
 * and the session returns to the queue. Any other error is logged, and `refusalOutcome` decides the
 * outcome.
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
  log.debug(
    { err: error },
    'the host kept the attempt from starting; the session returns to the queue',
  );
  host.report(problem);
  return hostFailure(problem, 0);
}

/**
 * Returns the outcome of an error that the host did not cause. The session is handed back if a
 * store does not answer, else it fails.
 */
export function refusalOutcome(error: unknown): Outcome {
  return isStoreAway(error)
    ? { kind: 'handed_back' }
    : { kind: 'failed', failure: toFailure(error) };
}

/**
 * Returns the outcome of an attempt that its host kept from starting. The next try waits `waitMs`
 * milliseconds.
 */
export function hostFailure(
  { code, message }: Pick<FailureFacts, 'code' | 'message'>,
  waitMs: number,
): Outcome {
  return { kind: 'host_failure', failure: { code, message, retryable: true }, waitMs };
}

/**
 * Finds the host problem that kept an attempt from being prepared. Returns null for any other
 * error.
 */
function findPreparationProblem(error: unknown): HostProblem | null {
  if (error instanceof CaptureFailedError) {
    const message = `the files of the session cannot be made ready (${error.message})`;
    return { code: 'HOST_ERROR', message };
  }
  // If this host lacks files or memory for a connection to MongoDB, the problem is the host's, not
  // the store's.
  if (isStoreAway(error) && findHostErrno(error) === null) return null;
  return isAppError(error) ? null : findFileProblem(error);
}

// The message explains a caller's mistake completely. A stack trace would make the mistake look
// like a worker bug.
function logRefusal(error: unknown, log: Logger): void {
  if (isAppError(error) && (codeFacts(error.code).http ?? 500) < 500) {
    const { code, message, details } = error;
    log.info(
      { code, ...defined({ field: details?.field }) },
      `the session was refused: ${message}`,
    );
    return;
  }
  log.warn(
    { err: error },
    isStoreAway(error)
      ? 'a store did not answer while the attempt was prepared; the session returns to the queue'
      : 'the attempt could not be prepared; the session fails',
  );
}

function toFailure(error: unknown): FailureFacts {
  if (!isAppError(error)) {
    return {
      code: 'INTERNAL',
      message:
        'an unexpected error kept the worker from starting the session; its log has the error',
      retryable: false,
    };
  }
  return {
    code: error.code,
    message: error.message,
    // A later attempt may find the git server again. Every other cause lies in the session.
    retryable: error.code === 'REPOSITORY_UNAVAILABLE',
    ...defined({ field: error.details?.field }),
  };
}
