import type { Socket } from 'node:net';
import { AppError } from '@baton/core/internal';
import { errorBody, statusOf } from './http-error.ts';

/** The maximum size of a request's first line and headers together, in bytes. */
export const HEADERS_MAX_BYTES = 16 * 1024;

/**
 * Answers a connection whose request is not valid HTTP, has too large headers, or arrives too
 * slowly. Then closes the connection.
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const refusal =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new AppError('PAYLOAD_TOO_LARGE', 'expected a URL and headers of at most 16 KiB together')
      : new AppError('INVALID_REQUEST', 'expected a complete HTTP request');
  const body = JSON.stringify(errorBody(refusal));
  socket.end(
    `HTTP/1.1 ${statusOf(refusal.code)} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
