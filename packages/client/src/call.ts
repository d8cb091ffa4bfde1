import { type Answer, readAnswer } from './answer.ts';
import { BatonError, isBatonError } from './baton-error.ts';
import { openDeadline, pause } from './deadline.ts';
import type { CallOptions, Settings } from './options.ts';
import { retryDelayMs } from './retry.ts';

/** An API call. */
export interface Call {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** The path below the base URL, without a leading slash. */
  path: string;
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
  /** Bytes that are sent as they are, in place of a JSON body. */
  bytes?: Blob | Uint8Array<ArrayBuffer> | string;
  /** What a successful answer holds. Default: JSON. */
  reads?: 'blob';
  headers?: Readonly<Record<string, string>>;
  /** Whether sending the call twice has the same effect as sending it once. */
  isRepeatable: boolean;
  /** How long one attempt may take, in milliseconds. */
  attemptMs?: number;
}

/**
 * Sends a call. Repeats a failed call until the deadline if a repeat is safe and may help. Throws
 * BatonError.
 */
export type Caller = (call: Call, options?: CallOptions) => Promise<Answer>;

// The server ends a call after 10 s with the status 503, so an answer comes before this time.
const ATTEMPT_MS = 15_000;

/** Creates the function that sends a client's calls. */
export function createCaller(settings: Settings): Caller {
  async function attempt(call: Call, attempts: number, outer: AbortSignal): Promise<Answer> {
    const limit = openDeadline(call.attemptMs ?? ATTEMPT_MS, outer);
    try {
      const response = await send(settings, call, limit.signal);
      if (response.ok && call.reads === 'blob') {
        return { status: response.status, body: await response.blob(), attempts };
      }
      return readAnswer(response, await response.text(), attempts);
    } catch (cause) {
      outer.throwIfAborted();
      throw isBatonError(cause) && cause.code !== 'TIMED_OUT'
        ? cause
        : new BatonError('UNREACHABLE', `no answer from ${settings.base.host}`, {
            attempts,
            cause,
          });
    } finally {
      limit.close();
    }
  }

  return async (call, { signal, timeoutMs = settings.timeoutMs } = {}) => {
    const deadline = openDeadline(timeoutMs, signal);
    try {
      for (let attempts = 1; ; attempts += 1) {
        try {
          return await attempt(call, attempts, deadline.signal);
        } catch (error) {
          if (deadline.signal.aborted || !isBatonError(error)) throw error;
          const tried = { isRepeatable: call.isRepeatable, attempts, random: Math.random() };
          const delayMs = attempts > settings.retries ? null : retryDelayMs(error, tried);
          // If no time is left for another attempt, the last error is thrown, because it says more
          // than TIMED_OUT.
          if (delayMs === null || delayMs >= deadline.leftMs()) throw error;
          await pause(delayMs, deadline.signal);
        }
      }
    } finally {
      deadline.close();
    }
  };
}

/** Sends one request. Returns the response without reading its body. */
export function send(
  { base, headers, fetch }: Pick<Settings, 'base' | 'headers' | 'fetch'>,
  call: Pick<Call, 'method' | 'path' | 'query' | 'body' | 'bytes' | 'headers'>,
  signal: AbortSignal,
): Promise<Response> {
  const url = new URL(call.path, base);
  for (const [key, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  const json = call.body === undefined ? {} : { 'content-type': 'application/json' };
  const sent = call.bytes ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  const body = sent === undefined ? {} : { body: sent };
  return fetch(url, {
    method: call.method,
    headers: { accept: 'application/json', ...json, ...headers, ...call.headers },
    ...body,
    cache: 'no-store',
    // Baton never redirects a call, so a redirect comes from another server, such as a proxy's
    // login page.
    redirect: 'manual',
    signal,
  });
}
