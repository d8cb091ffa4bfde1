import {
  type ErrorCode,
  type FailureFacts,
  type Outcome,
  recoveryOf,
  type Session,
} from '@baton/core/internal';

const MAX_MS = 5 * 60_000;

// An account's limit is everybody's: waiting for it is not this session's fault, but has an end too.
const RATE_LIMITED_FACTOR = 5;

/** How often a code may be tried again, from the session's own limit. */
export function retriesAllowed(code: ErrorCode, maxRetries: number): number {
  return code === 'RATE_LIMITED' ? maxRetries * RATE_LIMITED_FACTOR : maxRetries;
}

/**
 * When a failed attempt is tried again: at the limit's reset where that is reported, else after a growing
 * pause, the first of which is `firstMs`; a little later than either, so that a fleet does not come back
 * at once. `retries` counts those that were made; `random` is between 0 and 1.
 */
export function retryAt(
  failure: Pick<FailureFacts, 'code' | 'retry_at'>,
  {
    retries,
    now,
    random,
    firstMs,
  }: { retries: number; now: Date; random: number; firstMs: number },
): Date {
  const pause = Math.min(firstMs * 2 ** Math.min(retries, 20), MAX_MS);
  const untilResetMs = failure.retry_at
    ? Math.max(failure.retry_at.getTime() - now.getTime(), 0)
    : 0;
  const jitter = pause * random * 0.5;
  return new Date(now.getTime() + Math.max(untilResetMs, pause) + jitter);
}

/** When a session is tried again after this outcome, or undefined where the outcome is its end. */
export function retryTime(
  outcome: Outcome,
  session: Session,
  timing: { now: Date; random: number; firstMs: number },
): Date | undefined {
  if (outcome.kind !== 'failed' || !outcome.failure.retryable) return undefined;
  const { retries } = session.counts;
  const allowed = retriesAllowed(outcome.failure.code, recoveryOf(session).max_retries);
  return retries < allowed ? retryAt(outcome.failure, { retries, ...timing }) : undefined;
}
