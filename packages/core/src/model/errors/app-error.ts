import { type ErrorCode, errorCodeSchema } from './error-codes.ts';

/** Machine-readable facts about an error; `field` is the dotted path of the invalid input. */
export interface ErrorDetails {
  field?: string;
  [key: string]: unknown;
}

/** The error that Baton throws on purpose. Callers switch on `code`, because the message may change. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'AppError';
    this.code = code;
    this.details = options.details;
  }
}

/** Returns whether a thrown value is an AppError, even if another copy of this package threw it. */
export function isAppError(error: unknown): error is AppError {
  return (
    error instanceof Error &&
    error.name === 'AppError' &&
    errorCodeSchema.safeParse((error as AppError).code).success
  );
}
