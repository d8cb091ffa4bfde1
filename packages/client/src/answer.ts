import { BatonError, type ErrorDetails } from './baton-error.ts';

/** A response that was read whole. */
export interface Answer {
  status: number;
  /** The JSON of the body; null where there was none. */
  body: unknown;
}

/** The answer of a response, or throws what it tells of: a code of Baton, or BAD_ANSWER. */
export function readAnswer(response: Response, text: string, attempts: number): Answer {
  const { status } = response;
  const body = parseJson(text);
  if (response.ok && body !== undefined) return { status, body };
  const { code, message, details } = errorOf(body);
  if (response.ok || code === undefined) {
    throw new BatonError('BAD_ANSWER', `expected an answer of Baton, got one of status ${status}`, {
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

/** What a Retry-After header says, in milliseconds from `now`: seconds, or a date. */
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
    // Not Baton's: a proxy's page, or an answer that was cut.
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
