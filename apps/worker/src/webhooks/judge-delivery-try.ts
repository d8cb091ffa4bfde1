import type { PostFacts } from './post.ts';

/** How many times a delivery is tried before it fails. The tries take about a day and a half. */
const MAX_TRIES = 10;

/** The longest pause between two tries, in milliseconds. */
const MAX_PAUSE_MS = 12 * 3600 * 1000;

const FACTOR = 4;

/** The verdict on a try. `gone`: the endpoint says that it will never accept a delivery again. */
export type TryVerdict =
  | { kind: 'delivered' }
  | { kind: 'retry'; inMs: number }
  | { kind: 'failed'; error: string; gone: boolean };

/**
 * Judges a try of a delivery. `tries` is how many tries were made, including this try. Any 2xx
 * counts as delivered, and 410 as gone. After anything else, the delivery is tried again. The pause
 * starts with `firstMs` milliseconds and grows by a factor of four up to 12 h. Retry-After can make
 * it longer, up to 12 h. `random` (0 to 1) adds up to a quarter, so that deliveries that failed
 * together are not retried together.
 */
export function judgeDeliveryTry(
  { status, error, retryAfterMs = 0 }: PostFacts,
  { tries, firstMs, random }: { tries: number; firstMs: number; random: number },
): TryVerdict {
  if (status !== undefined && status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) return { kind: 'failed', error: 'the endpoint is gone', gone: true };
  const description = describeTry({ status, error });
  if (tries >= MAX_TRIES) {
    return {
      kind: 'failed',
      error: `gave up after ${tries} tries; the last one: ${description}`,
      gone: false,
    };
  }
  const pause = Math.min(firstMs * FACTOR ** (tries - 1), MAX_PAUSE_MS);
  const wait = Math.max(pause, Math.min(retryAfterMs, MAX_PAUSE_MS));
  return { kind: 'retry', inMs: Math.round(wait * (1 + random / 4)) };
}

/** Describes a try that did not deliver. */
export function describeTry({
  status,
  error,
}: {
  status: number | undefined;
  error: string | undefined;
}): string {
  if (error !== undefined) return error;
  if (status === undefined) return 'no answer';
  return status >= 300 && status < 400
    ? `status ${status}; redirects are not followed`
    : `status ${status}`;
}
