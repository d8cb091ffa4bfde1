import { type ErrorCode, errorCodeSchema } from './error-codes.ts';

/** Machine-readable particulars of an error; `field` is the dotted path of the offending input. */
export interface ErrorDetails {
  field?: string;
  [key: string]: unknown;
}

/** The one error that Baton throws on purpose: callers switch on `code`, never on the text. */
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

/** Says whether a thrown value is an `AppError`, also one from another copy of this package. */
export function isAppError(error: unknown): error is AppError {
  return (
    error instanceof Error &&
    error.name === 'AppError' &&
    errorCodeSchema.safeParse((error as AppError).code).success
  );
}
