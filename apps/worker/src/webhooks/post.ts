// Makes one request to an endpoint: only to an allowed address, without redirects, limited in time and bytes.
import { type LookupAddress, lookup } from 'node:dns';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { type AddressRange, defined, mayConnect } from '@baton/core/internal';

/** The answer of an endpoint, or the reason why there is no answer. */
export interface PostFacts {
  status?: number;
  /** The value of the Retry-After header, in milliseconds. */
  retryAfterMs?: number;
  error?: string;
}

/** A request to make. */
export interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** The limits of a request. */
export interface PostLimits {
  timeoutMs: number;
  allowed: readonly AddressRange[];
  signal: AbortSignal;
}

// The body of an answer is not used. This much of it is read, so that an endpoint can finish a short answer.
const ANSWER_MAX_BYTES = 16 * 1024;

const REFUSED = 'the address of the endpoint is not allowed';

/** Makes the request. The promise resolves even if the request fails, and rejects only if `signal` ended it. */
export async function post({ url, headers, body }: Post, limits: PostLimits): Promise<PostFacts> {
  const { timeoutMs, allowed, signal } = limits;
  const target = new URL(url);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  // An IP address in the URL is never looked up, so it is checked here.
  if (isIP(host) !== 0 && !mayConnect(host, target.protocol, allowed)) return { error: REFUSED };
  const deadline = AbortSignal.timeout(timeoutMs);
  const bytes = Buffer.from(body);
  try {
    return await new Promise<PostFacts>((resolve, reject) => {
      const send = target.protocol === 'https:' ? requestHttps : requestHttp;
      const request = send(target, {
        method: 'POST',
        agent: false,
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': bytes.length,
          'user-agent': 'Baton-Webhooks/1',
        },
        lookup: guardedLookup(target.protocol, allowed),
        signal: AbortSignal.any([deadline, signal]),
      });
      request.on('error', reject);
      request.on('response', (answer) => drain(answer, () => resolve(factsOf(answer)), reject));
      request.end(bytes);
    });
  } catch (error) {
    if (signal.aborted) throw error;
    return { error: deadline.aborted ? `no answer within ${timeoutMs} ms` : describeError(error) };
  }
}

// Returns a lookup that gives only allowed addresses. The connection goes to one of the addresses
// that were checked, so a host name cannot resolve to an allowed address for the check and to a
// different address for the connection.
function guardedLookup(protocol: string, allowed: readonly AddressRange[]): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const fine = addresses.filter(({ address }) => mayConnect(address, protocol, allowed));
      const [first] = fine;
      if (!first) return callback(new Error(REFUSED), '');
      return options.all
        ? (callback as (error: null, found: LookupAddress[]) => void)(null, fine)
        : callback(null, first.address, first.family);
    });
  };
}

function drain(answer: IncomingMessage, done: () => void, failed: (error: Error) => void): void {
  let read = 0;
  answer.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read <= ANSWER_MAX_BYTES) return;
    done();
    answer.destroy();
  });
  answer.on('end', done);
  answer.on('error', failed);
}

function factsOf({ statusCode, headers }: IncomingMessage): PostFacts {
  const seconds = Number(headers['retry-after']);
  return {
    ...defined({
      status: statusCode,
      retryAfterMs: seconds > 0 && Number.isFinite(seconds) ? seconds * 1000 : undefined,
    }),
  };
}

function describeError(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  // The code is preferred, because a message names the address that was tried.
  return typeof code === 'string' ? code : String(message);
}
