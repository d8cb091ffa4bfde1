import { BatonError, isBatonError } from './baton-error.ts';
import type { Call } from './call.ts';
import { pause } from './deadline.ts';
import type { Settings } from './options.ts';
import { retryDelayMs } from './retry.ts';
import { createSseParser, type SseMessage } from './sse-parser.ts';
import { streamText } from './stream-text.ts';

/** A stream that is asked for. */
export interface StreamCall extends Pick<Call, 'path' | 'query'> {
  /** Goes on after the message with this id. */
  lastEventId?: string | undefined;
  /** Ends the iteration, which throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** When a stream comes again that was not told when, in milliseconds. */
const RETRY_MS = 1_000;

// An event's line has 1 MiB at most; escaped in JSON, and once more, it may have six times that.
const MAX_BUFFERED = 16 * 1024 * 1024;

/**
 * The messages of a stream, which is opened again after the last message that had an id whenever it breaks
 * off. Ends only with its reader or its signal. Throws what cannot pass, and what does not for too long.
 */
export async function* streamMessages(
  settings: Settings,
  { path, query, lastEventId, signal = new AbortController().signal }: StreamCall,
): AsyncGenerator<SseMessage> {
  let last = lastEventId;
  let retryMs = RETRY_MS;
  let failures = 0;
  let lastReceivedAt = performance.now();

  async function* readOnce(): AsyncGenerator<SseMessage> {
    const position = last === undefined ? {} : { 'last-event-id': last };
    const headers = { accept: 'text/event-stream', ...position };
    const parser = createSseParser();
    const call = { method: 'GET', path, query: query ?? {}, headers } as const;
    for await (const text of streamText(settings, call, signal)) {
      failures = 0;
      lastReceivedAt = performance.now();
      for (const message of parser.push(text)) {
        last = message.id ?? last;
        yield message;
        lastReceivedAt = performance.now();
      }
      retryMs = parser.retryMs() ?? retryMs;
      if (parser.bufferedLength() > MAX_BUFFERED)
        throw new BatonError('BAD_ANSWER', 'a message is too long');
    }
  }

  for (;;) {
    let delayMs = retryMs * (1 + Math.random() / 4);
    try {
      yield* readOnce();
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      const tried = { isRepeatable: true, attempts: failures, random: Math.random() };
      const ownMs = isBatonError(error) ? retryDelayMs(error, tried) : null;
      if (ownMs === null) throw error;
      delayMs = Math.max(delayMs, ownMs);
      const silentMs = performance.now() - lastReceivedAt;
      if (silentMs + delayMs > settings.reconnectForMs) throw error;
    }
    await pause(delayMs, signal);
  }
}
