import type { ErrorCode } from './api-types.ts';

/**
 * The error codes that the client itself adds: it got no answer, no answer in time, or an answer
 * that is not from Baton.
 */
export type ClientErrorCode = 'UNREACHABLE' | 'TIMED_OUT' | 'BAD_ANSWER';

/**
 * Machine-readable details of an error. `field` is the dotted path of the invalid field in a
 * request.
 */
export interface ErrorDetails {
  field?: string;
  [key: string]: unknown;
}

/** The facts about an error, in addition to its code and message. */
export interface ErrorFacts {
  status?: number | undefined;
  details?: ErrorDetails | undefined;
  retryAfterMs?: number | undefined;
  attempts?: number;
  cause?: unknown;
}

/**
 * The error that the client throws. Switch on `code`, because messages may change. A newer Baton
 * server may answer with a code that this type does not list.
 */
export class BatonError extends Error {
  readonly code: ErrorCode | ClientErrorCode;
  /** The HTTP status; undefined if there was no answer. */
  readonly status: number | undefined;
  readonly details: ErrorDetails | undefined;
  /**
   * How long to wait before trying again, in milliseconds; undefined if the answer did not set a
   * time.
   */
  readonly retryAfterMs: number | undefined;
  /** How many times the call was sent; 0 if the client refused to send it. */
  readonly attempts: number;

  constructor(code: BatonError['code'], message: string, facts: ErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined);
    this.name = 'BatonError';
    this.code = code;
    this.status = facts.status;
    this.details = facts.details;
    this.retryAfterMs = facts.retryAfterMs;
    this.attempts = facts.attempts ?? 0;
  }
}

/** Returns true for a `BatonError`, even if another copy of this package threw it. */
export function isBatonError(error: unknown): error is BatonError {
  return error instanceof Error && error.name === 'BatonError' && 'code' in error;
}

/**
 * Creates the INVALID_REQUEST error for an argument that the client refuses before it sends
 * anything.
 */
export function invalid(field: string, expected: string): BatonError {
  return new BatonError('INVALID_REQUEST', `${field}: expected ${expected}`, {
    details: { field },
  });
}
