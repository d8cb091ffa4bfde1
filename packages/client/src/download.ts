import { readAnswer } from './answer.ts';
import { BatonError, isBatonError } from './baton-error.ts';
import { type Call, send } from './call.ts';
import { openDeadline, pause } from './deadline.ts';
import type { CallOptions, Settings } from './options.ts';
import { retryDelayMs } from './retry.ts';

/**
 * Asks for a download, and returns the response once its headers are there: `body` is a stream. Repeats the request as
 * other calls do. The deadline ends with the headers; the signal also aborts the download. Throws BatonError.
 */
export type Downloader = (
  call: Pick<Call, 'path' | 'query' | 'headers'>,
  options?: CallOptions,
) => Promise<Response>;

/** Creates the function that sends a client's downloads. */
export function createDownloader(settings: Settings): Downloader {
  async function attempt(
    call: Pick<Call, 'path' | 'query' | 'headers'>,
    attempts: number,
    signal: AbortSignal,
  ): Promise<Response> {
    const { base } = settings;
    const headers = { accept: '*/*', ...call.headers };
    let response: Response;
    try {
      response = await send(settings, { method: 'GET', ...call, headers }, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw new BatonError('UNREACHABLE', `no answer from ${base.host}`, { attempts, cause });
    }
    if (response.ok) return response;
    readAnswer(response, await response.text(), attempts);
    return response;
  }

  return async (call, { signal, timeoutMs = settings.timeoutMs } = {}) => {
    const deadline = openDeadline(timeoutMs, signal);
    // The deadline stops following the caller's signal when it is closed.
    const either = AbortSignal.any(signal ? [deadline.signal, signal] : [deadline.signal]);
    try {
      for (let attempts = 1; ; attempts += 1) {
        try {
          return await attempt(call, attempts, either);
        } catch (error) {
          if (either.aborted || !isBatonError(error)) throw error;
          const tried = { isRepeatable: true, attempts, random: Math.random() };
          const delayMs = attempts > settings.retries ? null : retryDelayMs(error, tried);
          if (delayMs === null || delayMs >= deadline.leftMs()) throw error;
          await pause(delayMs, either);
        }
      }
    } finally {
      deadline.close();
    }
  };
}
