import type { PostFacts } from './post.ts';

/** How often a delivery is tried before it fails: over about a day and a half. */
const MAX_TRIES = 10;

/** The longest pause between two tries, in milliseconds. */
const MAX_PAUSE_MS = 12 * 3600 * 1000;

const FACTOR = 4;

/** What a try came to; `gone`: the endpoint says that it will never answer again. */
export type TryVerdict =
  | { kind: 'delivered' }
  | { kind: 'retry'; inMs: number }
  | { kind: 'failed'; error: string; gone: boolean };

/**
 * Judges the try that makes `tries` of them. Any 2xx is delivered, 410 is gone; all else is tried again,
 * after pauses that grow by four from `firstMs` to 12 h and no sooner than Retry-After says; up to a
 * quarter later, by `random` (0 to 1), so that those that failed at once do not come back at once.
 */
export function judgeDeliveryTry(
  { status, error, retryAfterMs = 0 }: PostFacts,
  { tries, firstMs, random }: { tries: number; firstMs: number; random: number },
): TryVerdict {
  if (status !== undefined && status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) return { kind: 'failed', error: 'the endpoint is gone', gone: true };
  const description = describeTry({ status, error });
  if (tries >= MAX_TRIES) {
    return { kind: 'failed', error: `tried ${tries} times; at last: ${description}`, gone: false };
  }
  const pause = Math.min(firstMs * FACTOR ** (tries - 1), MAX_PAUSE_MS);
  const wait = Math.max(pause, Math.min(retryAfterMs, MAX_PAUSE_MS));
  return { kind: 'retry', inMs: Math.round(wait * (1 + random / 4)) };
}

/** What became of a try that was not delivered, in words. */
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
