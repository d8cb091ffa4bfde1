import { BatonError } from './baton-error.ts';

// The longest delay of a JavaScript timer, in milliseconds.
const MAX_MS = 2 ** 31 - 1;

/** A time limit combined with a caller's signal. */
export interface Deadline {
  /** Aborts with TIMED_OUT when the time is over, or with the reason of the caller's signal. */
  signal: AbortSignal;
  leftMs(): number;
  /** Stops the timer, and stops listening to the caller's signal. */
  close(): void;
}

/** Starts a time limit. Throws if the caller's signal is already aborted. */
export function openDeadline(ms: number, outer?: AbortSignal): Deadline {
  outer?.throwIfAborted();
  const over = new AbortController();
  const endsAt = performance.now() + ms;
  const follow = () => over.abort(outer?.reason);
  outer?.addEventListener('abort', follow, { once: true });
  const timer = setTimeout(
    () => over.abort(new BatonError('TIMED_OUT', `the call took longer than ${ms} ms`)),
    Math.min(ms, MAX_MS),
  );
  return {
    signal: over.signal,
    leftMs: () => endsAt - performance.now(),
    close() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', follow);
    },
  };
}

/** Resolves after `ms` milliseconds. If `signal` aborts earlier, rejects with its reason. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
