import {
  AppError,
  codeFacts,
  defined,
  ERROR_CODES,
  type ErrorCode,
  isAppError,
  toUnavailable,
} from '@baton/core/internal';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The body of every error answer. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; details?: Record<string, unknown> };
}

/** The default of the header `retry-after` in seconds, for the codes that have one. */
const RETRY_AFTER_S: Partial<Record<ErrorCode, number>> = {
  UNAVAILABLE: 5,
  LIMIT_EXCEEDED: 5,
  TOO_MANY_MESSAGES: 5,
  WORKER_OUTDATED: 5,
};

// Errors that Fastify throws. Fastify's messages quote the request, which may contain secrets, so
// Baton replaces them.
const FASTIFY_ERRORS: Record<string, readonly [ErrorCode, string]> = {
  FST_ERR_CTP_INVALID_JSON_BODY: ['INVALID_REQUEST', 'expected the body to be JSON'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['INVALID_REQUEST', 'expected a JSON body, got an empty one'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['INVALID_REQUEST', 'expected content-type application/json'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'INVALID_REQUEST',
    'expected a body with the length in content-length',
  ],
  FST_ERR_CTP_BODY_TOO_LARGE: [
    'PAYLOAD_TOO_LARGE',
    'expected a body of at most 1 MiB, or 16 MiB for POST /v1/sessions/bulk',
  ],
  FST_ERR_HANDLER_TIMEOUT: ['UNAVAILABLE', 'Baton could not answer in time; try again later'],
};

/**
 * Converts any thrown value to an error that a caller may see. An unknown error becomes INTERNAL.
 */
export function toAnswerable(error: unknown): AppError {
  if (isAppError(error) && codeFacts(error.code).http !== undefined) return error;
  const unavailable = toUnavailable(error);
  if (unavailable) return unavailable;
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  const frameworkError = FASTIFY_ERRORS[String(code)];
  if (frameworkError) return new AppError(frameworkError[0], frameworkError[1], { cause: error });
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new AppError('INVALID_REQUEST', ERROR_CODES.INVALID_REQUEST.description, {
      cause: error,
    });
  }
  return new AppError('INTERNAL', ERROR_CODES.INTERNAL.description, { cause: error });
}

/** Returns the HTTP status of a code; 500 if the code has none. */
export function statusOf(code: ErrorCode): number {
  return codeFacts(code).http ?? 500;
}

/** Builds the body of an error answer. */
export function errorBody({ code, message, details }: AppError): ErrorBody {
  return { error: { code, message, ...defined({ details }) } };
}

/** Fastify's error handler: logs the error once, and answers with its status and its body. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  reply.send(errorBody(refuse(error, request, reply)));
}

/**
 * Logs an error once, sets the status and headers of the answer, and returns the error for the
 * caller.
 */
export function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): AppError {
  const answer = toAnswerable(error);
  const { code, details } = answer;
  const status = statusOf(code);
  if (status >= 500) request.log.error({ err: answer, code }, 'request failed');
  else request.log.info({ code, field: details?.field }, 'request refused');
  const retryAfter = details?.['retry_after_s'] ?? RETRY_AFTER_S[code];
  if (retryAfter !== undefined && !reply.hasHeader('retry-after')) {
    reply.header('retry-after', retryAfter);
  }
  if (code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer realm="baton"');
  reply.code(status);
  return answer;
}

/** Fastify's handler for requests that match no route. */
export function answerNotFound(request: FastifyRequest, reply: FastifyReply): void {
  const notFound = new AppError('NOT_FOUND', `no ${request.method} route has this address`);
  reply.code(statusOf(notFound.code)).send(errorBody(notFound));
}
