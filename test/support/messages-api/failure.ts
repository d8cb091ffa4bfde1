import type { FailureReply } from './reply.ts';

const TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};

/** Returns an error reply with this status, in the error format of the Messages API. */
export function failure(
  status: number,
  message = `scripted failure ${status}`,
  headers: Record<string, string> = {},
): FailureReply {
  return { kind: 'failure', status, type: TYPES[status] ?? 'api_error', message, headers };
}

/** Returns a 429 reply that asks the client to retry after this many seconds. */
export function rateLimited(retryAfterSeconds: number): FailureReply {
  const reset = Math.ceil(Date.now() / 1000) + retryAfterSeconds;
  return failure(429, 'This request would exceed your rate limit.', {
    'retry-after': String(retryAfterSeconds),
    'anthropic-ratelimit-unified-status': 'rejected',
    'anthropic-ratelimit-unified-reset': String(reset),
  });
}
