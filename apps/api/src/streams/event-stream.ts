// Server-sent events: how a message is written, and how a stream of them is kept open, slowed and ended.
import { pipeline } from 'node:stream/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app-type.ts';
import { HEARTBEAT_MS, MAX_AGE_MS, type StreamTimes } from './stream-times.ts';

// A reader whose socket took nothing for so many heartbeats is gone or will not come back.
const STALLED_AFTER_HEARTBEATS = 4;

/** How long a reader has, once the server stops, to take what was sent to it, in milliseconds. */
const FLUSH_TIMEOUT_MS = 2_000;

/** When a reader that lost its stream should come again, in milliseconds. */
const RETRY_MS = 1_000;

/** One message of a stream. */
export interface Message {
  event: string;
  id?: string;
  data: unknown;
}

/** The message as it is sent. */
export function formatMessage({ event, id, data }: Message): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** What a stream says, from its beginning until `signal` or until it has said all. */
export type Source = (signal: AbortSignal) => AsyncIterable<readonly Message[]>;

/** The streams of a server. */
export interface EventStreams {
  /**
   * Answers with a stream. The source is read no faster than the reader reads; the stream ends with the
   * source, with its reader, after an hour, and when the server stops: then a reader that takes nothing is
   * cut off after two seconds.
   */
  send(reply: FastifyReply, source: Source): Promise<void>;
}

/** Streams that end when this server closes. */
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
    // An end that is never taken would hold the server open.
    const finish = () => {
      end();
      const cut = setTimeout(() => raw.destroy(), FLUSH_TIMEOUT_MS);
      raw.once('close', () => clearTimeout(cut));
    };
    // From here on it is ours: no limit of time for handlers cuts it.
    reply.hijack();
    raw.once('close', end);
    raw.setTimeout(heartbeatMs * STALLED_AFTER_HEARTBEATS, () => {
      reply.log.info('a reader took nothing for too long: its stream is dropped');
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
      // Proxies that would gather the stream before they pass it on.
      'x-accel-buffering': 'no',
      // One that outlives a stop of ours must not hold it up.
      connection: 'close',
    });
    raw.write(`retry: ${RETRY_MS}\n\n`);
    if (isClosing) finish();
    try {
      await pipeline(() => texts(source(ended.signal)), raw);
    } catch (error) {
      raw.destroy();
      // A reader that went away is no failure, and what it leaves behind is none either.
      if (!ended.signal.aborted) reply.log.warn({ err: error }, 'a stream broke off');
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

/** Whether the caller asked for a stream. */
export function acceptsEventStream({
  method,
  headers,
}: Pick<FastifyRequest, 'method' | 'headers'>): boolean {
  return method === 'GET' && (headers.accept?.includes('text/event-stream') ?? false);
}
