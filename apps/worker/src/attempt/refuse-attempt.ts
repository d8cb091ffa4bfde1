import type { Logger, Outcome } from '@baton/core/internal';
import type { HostHealth } from '../host/host-health.ts';
import { preparationProblem, refusalOutcome } from './refusal.ts';
import { hostFailure } from './start-verdict.ts';

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
    log.warn({ err: error }, 'the attempt could not be prepared');
    return refusalOutcome(error);
  }
  log.debug({ err: error }, 'the host kept the attempt from starting');
  host.report(problem);
  return hostFailure(problem, 0);
}
