import type { Socket } from 'node:net';
import { AppError } from '@baton/core';
import { errorBody } from './http-error.ts';

/** Answers what is not HTTP, or takes too long to be it, and ends the connection. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const body = JSON.stringify(
    errorBody(new AppError('INVALID_REQUEST', 'expected a complete HTTP request')),
  );
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
