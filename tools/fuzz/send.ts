import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { defined } from '@baton/core/internal';
import type { Pool } from './pool.ts';
import type { FuzzRequest } from './requests.ts';
import type { Pick } from './special.ts';

/** A request as it is sent. */
export interface Wire {
  method: string;
  target: string;
  headers: Record<string, string>;
  body?: string;
}

/**
 * An answer. The sender closes a stream after STREAM_MS milliseconds, so the answer then holds only
 * the beginning of the stream.
 */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** How long an answer may take, in milliseconds. This is longer than the server's own limits. */
const ANSWER_LIMIT_MS = 60_000;

/** How long a stream is read, in milliseconds. */
const STREAM_MS = 50;

/** Returns the request with its picks resolved and the variable parts of its address encoded. */
export function toWire(request: FuzzRequest, pool: Pool): Wire {
  const textOf = (part: string | Pick) => (typeof part === 'string' ? part : pool.resolve(part));
  const path = request.path
    .map((piece, index) => (index % 2 === 0 ? textOf(piece) : encode(textOf(piece))))
    .join('');
  const query = request.query
    .map(([name, value]) => `${encode(name)}=${encode(textOf(value))}`)
    .join('&');
  const { body } = request;
  return {
    method: request.method,
    target: query === '' ? path : `${path}?${query}`,
    headers: {
      ...request.headers,
      ...defined({
        'content-type': body && ('json' in body ? 'application/json' : body.type),
      }),
    },
    ...defined({
      body: body && ('json' in body ? JSON.stringify(resolved(body.json, pool)) : body.raw),
    }),
  };
}

/** Creates a sender of requests to the API at this address. */
export function createSender(api: string): {
  send(wire: Wire): Promise<Answer>;
  close(): void;
} {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  return {
    close: () => agent.destroy(),
    send: ({ method, target, headers, body }) =>
      new Promise((resolve, reject) => {
        const { hostname, port } = new URL(api);
        const length =
          body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
        const sent = httpRequest(
          {
            agent,
            host: hostname.replace(/^\[|\]$/g, ''),
            port,
            method,
            path: target,
            headers: { ...headers, ...length },
          },
          (response) => {
            read(response).then(resolve, reject);
          },
        );
        sent.setTimeout(ANSWER_LIMIT_MS, () => {
          sent.destroy(new Error(`no answer within ${ANSWER_LIMIT_MS / 1000} s`));
        });
        sent.on('error', reject);
        sent.end(body);
      }),
  };
}

async function read(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const isStream = headers['content-type']?.startsWith('text/event-stream') ?? false;
  const pieces: Buffer[] = [];
  const cut = isStream ? setTimeout(() => response.destroy(), STREAM_MS) : undefined;
  try {
    for await (const piece of response) pieces.push(piece as Buffer);
  } catch (error) {
    if (!isStream) throw error;
  } finally {
    clearTimeout(cut);
  }
  return { status, headers, text: Buffer.concat(pieces).toString() };
}

function encode(text: string): string {
  // Half of a surrogate pair cannot be encoded.
  return encodeURIComponent(text.toWellFormed());
}

function resolved(json: unknown, pool: Pool): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((item) => resolved(item, pool));
  const { $pick, n } = json as Partial<Pick>;
  if ($pick !== undefined && typeof n === 'number') return pool.resolve({ $pick, n });
  // A normal object would lose the key `__proto__`, which some requests contain on purpose.
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of Object.entries(json)) copy[key] = resolved(value, pool);
  return copy;
}
