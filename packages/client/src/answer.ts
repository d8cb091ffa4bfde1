import { BatonError, type ErrorDetails } from './baton-error.ts';

/** A complete response. */
export interface Answer {
  status: number;
  /** The parsed JSON body; null if the body was empty. */
  body: unknown;
  /** How many times the call was sent. */
  attempts: number;
}

/**
 * Returns the answer of a successful response. Throws a BatonError for any other response. The
 * error has the code from the body, or BAD_ANSWER if the body is not from Baton.
 */
export function readAnswer(response: Response, text: string, attempts: number): Answer {
  const { status } = response;
  const body = parseJson(text);
  if (response.ok && body !== undefined) return { status, body, attempts };
  const { code, message, details } = errorOf(body);
  if (response.ok || code === undefined) {
    throw new BatonError('BAD_ANSWER', `expected an answer of Baton, got another with ${status}`, {
      status,
      attempts,
      retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
    });
  }
  throw new BatonError(code, message, {
    status,
    details,
    attempts,
    retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
  });
}

/** Converts a Retry-After header (seconds or a date) to milliseconds from `now`. */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function parseJson(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    // The body is not a whole answer from Baton: it is a page of a proxy, or it was cut off.
    return undefined;
  }
}

interface ErrorBody {
  code: BatonError['code'] | undefined;
  message: string;
  details?: ErrorDetails | undefined;
}

function errorOf(body: unknown): ErrorBody {
  const { error } = (body ?? {}) as { error?: Partial<ErrorBody> };
  const { code, message, details } = error ?? {};
  const isErrorBody = typeof code === 'string' && typeof message === 'string';
  if (!isErrorBody) return { code: undefined, message: '' };
  return { code, message, details };
}
