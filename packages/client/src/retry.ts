import type { BatonError } from './baton-error.ts';

const FIRST_MS = 200;
const MAX_MS = 5_000;

// A call that was answered 429 had no effect, so repeating it is always safe.
const REFUSED = 429;

// Baton, or a proxy in front of it, answers with these statuses while it cannot serve calls. A
// later call may succeed.
const TRANSIENT_STATUSES: readonly number[] = [502, 503, 504];

/** The facts that decide whether and when a call is repeated. */
export interface TryFacts {
  /** Whether sending the call twice has the same effect as sending it once. */
  isRepeatable: boolean;
  /** How many times the call was sent. */
  attempts: number;
  /**
   * A random number from 0 to 1. It spreads the retries of callers that failed at the same time.
   */
  random: number;
}

/**
 * Returns how long to wait before a call is repeated, in milliseconds; null if repeating it would
 * not help or is not safe.
 */
export function retryDelayMs(
  { code, status, retryAfterMs = 0 }: Pick<BatonError, 'code' | 'status' | 'retryAfterMs'>,
  { isRepeatable, attempts, random }: TryFacts,
): number | null {
  const isTransient =
    code === 'UNREACHABLE' || (status !== undefined && TRANSIENT_STATUSES.includes(status));
  if (status !== REFUSED && !(isRepeatable && isTransient)) return null;
  const step = Math.min(FIRST_MS * 2 ** (attempts - 1), MAX_MS);
  const own = step * (0.5 + random / 2);
  return retryAfterMs > 0 ? Math.max(retryAfterMs + (random * FIRST_MS) / 2, own) : own;
}
