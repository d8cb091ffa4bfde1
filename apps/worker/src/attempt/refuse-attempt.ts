import { codeFacts, defined, isAppError, type Logger, type Outcome } from '@baton/core/internal';
import type { HostHealth } from '../host/host-health.ts';
import { hostFailure } from './attribute-failure.ts';
import { preparationProblem, refusalOutcome } from './refusal.ts';

/**
 * The outcome of an attempt that could not be prepared. An error of the host is reported to `host`, and the
 * session goes back to the queue; any other error is logged and is the session's.
 */
export function refuseAttempt(
  error: unknown,
  host: Pick<HostHealth, 'report'>,
  log: Logger,
): Outcome {
  const problem = preparationProblem(error);
  if (!problem) {
    logRefusal(error, log);
    return refusalOutcome(error);
  }
  log.debug({ err: error }, 'the host kept the attempt from starting');
  host.report(problem);
  return hostFailure(problem, 0);
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
