// Server-sent events: formats messages, and sends streams with heartbeats, backpressure and an end.
import { pipeline } from 'node:stream/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app-type.ts';
import { HEARTBEAT_MS, MAX_AGE_MS, type StreamTimes } from './stream-times.ts';

// A reader whose socket accepts no bytes for this many heartbeats counts as gone.
const STALLED_AFTER_HEARTBEATS = 4;

/** How long a reader may still read its stream once the server begins to stop, in milliseconds. */
const FLUSH_TIMEOUT_MS = 2_000;

/** How long a reader should wait before it reconnects, in milliseconds. */
const RETRY_MS = 1_000;

/** One message of a stream. */
export interface Message {
  event: string;
  id?: string;
  data: unknown;
}

/** Formats a message for the wire. */
export function formatMessage({ event, id, data }: Message): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Yields the messages of a stream, until all are sent or `signal` aborts. */
export type Source = (signal: AbortSignal) => AsyncIterable<readonly Message[]>;

/** The streams of a server. */
export interface EventStreams {
  /**
   * Answers with a stream, and reads the source no faster than the reader reads. The stream ends
   * when the source ends, when the reader leaves, after an hour, or when the server stops. A reader
   * that reads nothing is disconnected two seconds after the server begins to stop.
   */
  send(reply: FastifyReply, source: Source): Promise<void>;
}

/** Creates the streams of a server; they end when the server closes. */
export function createEventStreams(
  app: App,
  { heartbeatMs = HEARTBEAT_MS, maxAgeMs = MAX_AGE_MS }: StreamTimes = {},
): EventStreams {
  const open = new Set<() => void>();
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
    for (const finish of open) finish();
  });

  async function send(reply: FastifyReply, source: Source): Promise<void> {
    const { raw } = reply;
    const ended = new AbortController();
    const end = () => ended.abort();
    // A reader that never reads the end of its stream would keep the server open.
    const finish = () => {
      end();
      const cut = setTimeout(() => raw.destroy(), FLUSH_TIMEOUT_MS);
      raw.once('close', () => clearTimeout(cut));
    };
    // After hijack() Fastify no longer controls the answer, so its handler timeout does not end the
    // stream.
    reply.hijack();
    raw.once('close', end);
    raw.setTimeout(heartbeatMs * STALLED_AFTER_HEARTBEATS, () => {
      reply.log.info('closed a stream because its reader read nothing for too long');
      raw.destroy();
    });
    open.add(finish);
    const heartbeat = setInterval(() => {
      if (!raw.writableNeedDrain) raw.write(':\n\n');
    }, heartbeatMs);
    const old = setTimeout(end, maxAgeMs);
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Tells proxies such as nginx not to buffer the stream.
      'x-accel-buffering': 'no',
      // A connection that is kept alive after its stream would delay the server's stop.
      connection: 'close',
    });
    raw.write(`retry: ${RETRY_MS}\n\n`);
    if (isClosing) finish();
    try {
      await pipeline(() => texts(source(ended.signal)), raw);
    } catch (error) {
      raw.destroy();
      // After the reader left or the stream ended, pipeline errors are expected.
      if (!ended.signal.aborted) {
        reply.log.warn({ err: error }, 'a stream failed; its reader has to reconnect');
      }
    } finally {
      clearInterval(heartbeat);
      clearTimeout(old);
      end();
      open.delete(finish);
    }
  }

  return { send };
}

async function* texts(messages: AsyncIterable<readonly Message[]>): AsyncGenerator<string> {
  for await (const batch of messages) yield batch.map(formatMessage).join('');
}

/** Returns true if the caller asked for a stream of server-sent events. */
export function acceptsEventStream({
  method,
  headers,
}: Pick<FastifyRequest, 'method' | 'headers'>): boolean {
  return method === 'GET' && (headers.accept?.includes('text/event-stream') ?? false);
}
