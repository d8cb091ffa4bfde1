import { BatonError } from './baton-error.ts';

// The longest that a timer of JavaScript takes, in milliseconds.
const MAX_MS = 2 ** 31 - 1;

/** A limit of time together with a caller's signal. */
export interface Deadline {
  /** Aborted with TIMED_OUT when the time is over, or with the reason of the caller's signal. */
  signal: AbortSignal;
  leftMs(): number;
  /** Lets go of the timer and of the caller's signal. */
  close(): void;
}

/** Begins a limit of time. Throws where the caller's signal is aborted already. */
export function openDeadline(ms: number, outer?: AbortSignal): Deadline {
  outer?.throwIfAborted();
  const over = new AbortController();
  const endsAt = performance.now() + ms;
  const follow = () => over.abort(outer?.reason);
  outer?.addEventListener('abort', follow, { once: true });
  const timer = setTimeout(
    () => over.abort(new BatonError('TIMED_OUT', `it took longer than ${ms} ms`)),
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

/** Resolves after so many milliseconds; rejects with the signal's reason when it is aborted before. */
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
