// A client that writes all of a body before it reads must find our refusal, not a broken pipe.
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { App } from '../app-type.ts';
import { announcesBody } from './json-body.ts';

/** How much of a body that nobody reads is taken in, in bytes: four times the largest body that is read. */
const DRAINED_MAX_BYTES = 64 * 1024 * 1024;

/** How long such a body may take to arrive, in milliseconds. */
const DRAINED_MAX_MS = 10_000;

/**
 * Answers at once what is refused before its body was read, and takes the rest of the body in before the
 * connection is closed: a connection that is closed while data comes in is reset, and the answer with it.
 */
export function registerDrain(app: App): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const { raw } = request;
    if (!announcesBody(request) || raw.complete || raw.readableEnded || raw.destroyed)
      return payload;
    if (payload !== null && typeof payload !== 'string' && !Buffer.isBuffer(payload))
      return payload;
    const answer = Buffer.from(payload ?? '');
    reply.header('connection', 'close').header('content-length', answer.length);
    return Readable.from(thenDrain(answer, raw), { objectMode: false });
  });
}

async function* thenDrain(answer: Buffer, raw: IncomingMessage): AsyncGenerator<Buffer> {
  const drained = drain(raw);
  yield answer;
  await drained;
}

function drain(raw: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const timer = setTimeout(end, DRAINED_MAX_MS);
    function count(chunk: Buffer): void {
      bytes += chunk.length;
      if (bytes > DRAINED_MAX_BYTES) end();
    }
    function end(): void {
      clearTimeout(timer);
      raw.off('data', count);
      resolve();
    }
    raw.on('data', count);
    for (const event of ['end', 'close', 'error']) raw.once(event, end);
    raw.resume();
  });
}
