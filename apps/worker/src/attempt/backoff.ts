import {
  type ErrorCode,
  type FailureFacts,
  type Outcome,
  recoveryOf,
  type Session,
} from '@baton/core/internal';

const MAX_MS = 5 * 60_000;

// A rate limit belongs to the account, not to the session. So a session may be retried more often
// after a rate limit than after other failures, up to this factor.
const RATE_LIMITED_FACTOR = 5;

/**
 * Returns how many times a session may be retried after this failure. `maxRetries` is the session's
 * own limit.
 */
export function retriesAllowed(code: ErrorCode, maxRetries: number): number {
  return code === 'RATE_LIMITED' ? maxRetries * RATE_LIMITED_FACTOR : maxRetries;
}

/**
 * Returns when a failed attempt is tried again. It is tried again when a pause ends or when the
 * reported rate limit resets, whichever is later. The pause is `firstMs` for the first retry and
 * doubles with each retry, up to 5 minutes. A random part of up to half the pause is added, so that
 * a fleet does not retry all at once. `retries` counts the retries made so far; `random` is between
 * 0 and 1.
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

/**
 * Returns the time at which a session is retried after this outcome. Returns undefined if its failure is not
 * retryable or no retry is left.
 */
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
