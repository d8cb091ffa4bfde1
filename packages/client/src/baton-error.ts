import type { ErrorCode } from './api-types.ts';

/** What the client finds wrong by itself: nobody answers, not in time, or not as Baton does. */
export type ClientErrorCode = 'UNREACHABLE' | 'TIMED_OUT' | 'BAD_ANSWER';

/** Machine-readable particulars of an error; `field` is the dotted path of what is wrong in a request. */
export interface ErrorDetails {
  field?: string;
  [key: string]: unknown;
}

/** What an error tells beside its code and its message. */
export interface ErrorFacts {
  status?: number | undefined;
  details?: ErrorDetails | undefined;
  retryAfterMs?: number | undefined;
  attempts?: number;
  cause?: unknown;
}

/**
 * The one error that the client throws on purpose: switch on `code`, never on the text. A Baton newer than
 * this client may answer with a code that is not in the type.
 */
export class BatonError extends Error {
  readonly code: ErrorCode | ClientErrorCode;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  readonly details: ErrorDetails | undefined;
  /** When to ask again, where the answer told it. */
  readonly retryAfterMs: number | undefined;
  /** How often the call was made; 0 where it was refused before. */
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

/** Says whether a thrown value is a `BatonError`, also one from another copy of this package. */
export function isBatonError(error: unknown): error is BatonError {
  return error instanceof Error && error.name === 'BatonError' && 'code' in error;
}

/** The refusal of what a caller gave, before anything is sent. */
export function invalid(field: string, expected: string): BatonError {
  return new BatonError('INVALID_REQUEST', `${field}: expected ${expected}`, {
    details: { field },
  });
}
