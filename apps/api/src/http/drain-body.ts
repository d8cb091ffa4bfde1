// Some clients send their whole body before they read the answer. If Baton refuses the request
// early, such a client must still receive the answer, not a broken connection.
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { App } from '../app-type.ts';
import { announcesBody } from './json-body.ts';

/**
 * The maximum size of an unread body that is read and dropped, in bytes: four times the largest
 * allowed body.
 */
const DRAINED_MAX_BYTES = 64 * 1024 * 1024;

/** How long the rest of an unread body may take to arrive, in milliseconds. */
const DRAINED_MAX_MS = 10_000;

/**
 * Reads and drops the rest of the body of a request that was refused early, and only then closes
 * the connection. The answer is sent at once. If the rest were left unread, the kernel would reset
 * the connection, and the client could lose the answer.
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
