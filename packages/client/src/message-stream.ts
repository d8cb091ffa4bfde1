import { BatonError, isBatonError } from './baton-error.ts';
import type { Call } from './call.ts';
import { pause } from './deadline.ts';
import type { Settings } from './options.ts';
import { retryDelayMs } from './retry.ts';
import { createSseParser, type SseMessage } from './sse-parser.ts';
import { streamText } from './stream-text.ts';

/** The request of a stream. */
export interface StreamCall extends Pick<Call, 'path' | 'query'> {
  /** The stream begins after the message with this id. */
  lastEventId?: string | undefined;
  /** Ends the iteration, which throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** How long to wait before reconnecting, in milliseconds, if the server did not set a time. */
const RETRY_MS = 1_000;

// The maximum length of the buffer, in characters. An event holds a line of at most 1 MiB. Escaped
// as a JSON string, the line may be six times as long.
const MAX_BUFFERED = 16 * 1024 * 1024;

/**
 * Yields the messages of a stream. If the stream breaks off, the client opens it again and
 * continues after the last message that had an id. The iteration ends only when its reader stops or
 * `signal` aborts. Throws an error at once if reconnecting cannot fix it. If reconnecting fails for
 * `reconnectForMs`, throws the last error.
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
        throw new BatonError(
          'BAD_ANSWER',
          `expected messages of at most ${MAX_BUFFERED} characters, got a longer one`,
        );
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
