import type { BatonError } from './baton-error.ts';

const FIRST_MS = 200;
const MAX_MS = 5_000;

// Refused before anything was done: as safe to say again as it was to say.
const REFUSED = 429;

// Answers of Baton, or of what stands before it, that a later one may replace.
const TRANSIENT_STATUSES: readonly number[] = [502, 503, 504];

/** What decides whether a call is made again. */
export interface TryFacts {
  /** Whether making it twice does no more than making it once. */
  isRepeatable: boolean;
  /** How often it was made. */
  attempts: number;
  /** Chance, from 0 to 1: those who failed together do not come again together. */
  random: number;
}

/** How long to wait before a call is made again, in milliseconds; null where that is of no use, or not safe. */
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
